"""Purging: what has served its time is forgotten by the daily job, and nothing else."""
import json

import support
from test_registration import registration


def purge():
    """Runs the job; how many of each kind went."""
    job = support.run_job("purge")
    assert job.returncode == 0, job.stderr
    return json.loads(job.stderr.splitlines()[-1])


def count(table, where):
    return int(support.value(f"SELECT count(*) FROM registry.{table} WHERE {where}"))


def test_a_registration_that_nobody_confirmed_is_forgotten():
    late, fresh = registration(), registration()
    for body in (late, fresh):
        support.Client().post("/v1/users", body)
    support.rows("UPDATE registry.registrations SET expires_at = now() - interval '1 second'"
                 f" WHERE email = '{late['email']}'")
    purge()
    assert count("registrations", f"email = '{late['email']}'") == 0
    assert count("registrations", f"email = '{fresh['email']}'") == 1


def test_a_letters_token_that_has_run_out_is_forgotten():
    late, fresh = support.register(), support.register()
    for user in (late, fresh):
        support.Client().post("/v1/password-resets", {"email": user.email})
    support.rows("UPDATE registry.mail_tokens SET expires_at = now() - interval '1 second'"
                 f" WHERE user_id = '{late.id}'")
    purge()
    assert count("mail_tokens", f"user_id = '{late.id}'") == 0
    assert count("mail_tokens", f"user_id = '{fresh.id}'") == 1


def test_attempts_are_forgotten_after_90_days_but_not_where_somebody_is_known():
    rows = {"11": ("91 days", "NULL"), "22": ("89 days", "NULL"),
            "33": ("91 days", "now() - interval '89 days'"),
            "44": ("91 days", "now() - interval '91 days'")}
    for byte, (age, success) in rows.items():
        support.rows("INSERT INTO registry.attempts (key, last_at, succeeded_at) VALUES"
                     f" (decode(repeat('{byte}', 32), 'hex'), now() - interval '{age}', {success})")
    purge()
    left = {byte for byte in rows if count("attempts", f"key = decode(repeat('{byte}', 32), 'hex')")}
    support.rows("DELETE FROM registry.attempts WHERE key IN (decode(repeat('22', 32), 'hex'),"
                 " decode(repeat('33', 32), 'hex'))")
    assert left == {"22", "33"}


def test_a_session_is_forgotten_90_days_after_it_was_over():
    users = {}
    for name, change in {
            "live": "created_at = now() - interval '200 days'",
            "ended": "ended_at = now() - interval '91 days'",
            "ended lately": "ended_at = now() - interval '89 days'",
            "run out": "expires_at = now() - interval '91 days'",
            "run out lately": "expires_at = now() - interval '89 days'"}.items():
        users[name] = support.register()
        assert users[name].token
        support.rows(f"UPDATE registry.sessions SET {change} WHERE user_id = '{users[name].id}'")
    tokens = count("refresh_tokens", "true")
    assert purge()["sessions"] == "2"
    assert count("refresh_tokens", "true") == tokens - 2
    left = {name for name, user in users.items() if count("sessions", f"user_id = '{user.id}'")}
    assert left == {"live", "ended lately", "run out lately"}
    assert users["live"].get("/v1/users/me").status_code == 200


def test_a_secret_is_forgotten_30_days_after_it_ran_out(make_account):
    account = make_account("stock:read")
    for digit, age in (("1", "31 days"), ("2", "29 days")):
        support.rows("INSERT INTO registry.service_account_secrets (account_id, hash, expires_at)"
                     f" VALUES ('{account.id}', decode(md5(random()::text) || md5('{digit}'), 'hex'),"
                     f" now() - interval '{age}')")
    assert purge()["secrets"] == "1"
    assert count("service_account_secrets", f"account_id = '{account.id}'") == 2
    assert account.get("/v1/stock").status_code == 200


def test_all_goes_however_much_there_is():
    user = support.register()
    support.rows("INSERT INTO registry.sessions (user_id, expires_at) SELECT"
                 f" '{user.id}', now() - interval '100 days' FROM generate_series(1, 2500)")
    assert purge()["sessions"] == "2500"
    assert purge()["sessions"] == "0"
