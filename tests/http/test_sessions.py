"""Sessions: signing in, going on with refresh tokens, signing out."""
import base64
import hashlib
import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

import support
from support import assert_problem
from test_http import log_sizes, logged_since
from tokens import claims


def log_in(user):
    answer = support.Client().post("/v1/sessions", {
        "email": user.email, "password": user.password})
    assert answer.status_code == 201, answer.text
    return answer.json()


def refresh(token):
    return support.Client().post("/v1/sessions/refresh", {"refresh_token": token})


def me(token):
    return support.Client().get("/v1/users/me", headers={"Authorization": f"Bearer {token}"})


# Signing in ----------------------------------------------------------------------------------

def test_signing_in_gives_tokens_that_nobody_may_keep_a_copy_of(customer):
    answer = customer.http.post(f"{support.URL}/v1/sessions", json={
        "email": customer.email, "password": customer.password})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    session = answer.json()
    assert (session["token_type"], session["role"], session["scope"]) == ("Bearer", "customer", "")
    assert session["expires_in"] == claims(session["access_token"])["exp"] - claims(
        session["access_token"])["iat"]
    assert me(session["access_token"]).json()["id"] == customer.id


def test_the_address_is_accepted_in_any_case(customer):
    assert support.Client(customer.email.upper(), customer.password).token


def test_a_token_names_what_its_role_allows(make_user):
    token = claims(log_in(make_user("stock"))["access_token"])
    assert token["role"] == "stock"
    assert token["scope"].split() == ["orders:read", "orders:write", "stock:read", "stock:write"]


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(anyone, customer):
    wrong = anyone.post("/v1/sessions", {"email": customer.email, "password": "wrong password"})
    unknown = anyone.post("/v1/sessions", {
        "email": f"{support.unique()}@example.com", "password": "wrong password"})
    problems = [assert_problem(answer, 401, "invalid_credentials") for answer in (wrong, unknown)]
    assert problems[0].pop("instance") != problems[1].pop("instance")
    assert problems[0] == problems[1]
    same = [{name: text for name, text in answer.headers.items()
             if name not in ("Date", "X-Request-Id")} for answer in (wrong, unknown)]
    assert same[0] == same[1]


@pytest.mark.parametrize("change", [str.upper, str.title, lambda p: p + " ", lambda p: p[:-1]])
def test_a_password_is_compared_to_the_letter(anyone, customer, change):
    answer = anyone.post("/v1/sessions", {
        "email": customer.email, "password": change(customer.password)})
    assert_problem(answer, 401, "invalid_credentials")


@pytest.mark.parametrize("body, pointer", [
    ({"email": "a@example.com"}, "/password"),
    ({"password": "x"}, "/email"),
    ({"email": "a@example.com", "password": ""}, "/password"),
    ({"email": "a@example.com", "password": "x", "otp": "1"}, "/otp"),
    ({"email": None, "password": "x"}, "/email"),
])
def test_signing_in_takes_an_address_and_a_password(anyone, body, pointer):
    assert_problem(anyone.post("/v1/sessions", body), 422, "validation_failed", pointer)


def test_an_address_of_sql_or_wildcards_is_nobodys(anyone, customer):
    for email in ("%", "' OR '1'='1", customer.email.replace("@", "%"), "\\"):
        answer = anyone.post("/v1/sessions", {"email": email, "password": customer.password})
        assert_problem(answer, 401, "invalid_credentials")


# What is kept --------------------------------------------------------------------------------

def test_passwords_are_kept_as_argon2id_with_a_salt_each(customer):
    other = support.register()
    kept = [support.value(f"SELECT password_hash FROM registry.users WHERE id = '{user.id}'")
            for user in (customer, other)]
    assert kept[0] != kept[1]
    for text in kept:
        kind, version, parameters = text.split("$")[1:4]
        assert (kind, version) == ("argon2id", "v=19")
        cost = dict(item.split("=") for item in parameters.split(","))
        # OWASP Password Storage Cheat Sheet: its least costly choices for Argon2id.
        assert (int(cost["m"]), int(cost["t"])) >= (19456, 2)


def test_no_refresh_token_is_kept_as_it_is(customer):
    token = log_in(customer)["refresh_token"]
    kept = support.rows("SELECT t.*::text FROM registry.refresh_tokens t "
                        "JOIN registry.sessions s ON s.id = t.session_id "
                        f"WHERE s.user_id = '{customer.id}'")
    assert token not in str(kept) and token.encode().hex() not in str(kept)
    assert hashlib.sha256(token.encode()).hexdigest() in str(kept)


def test_who_knew_the_old_password_does_not_come_in_behind_the_change(customer):
    change = (f"UPDATE registry.users SET password_hash = '$argon2id$v=19$another' WHERE id ="
              f" '{customer.id}'; SELECT registry.end_sessions('{customer.id}', NULL)")
    with ThreadPoolExecutor(1) as pool:
        with support.open_transaction(change):
            signing_in = pool.submit(support.Client().post, "/v1/sessions", {
                "email": customer.email, "password": customer.password})
            support.wait_for_locks()  # the old password was compared by then, and was right
        assert_problem(signing_in.result(), 401, "invalid_credentials")
    assert support.rows("SELECT FROM registry.sessions WHERE ended_at IS NULL"
                        f" AND user_id = '{customer.id}'") == []


def test_the_log_tells_who_signed_in_and_who_was_refused(customer):
    def line_of(password):
        sizes = log_sizes()
        answer = support.Client().post("/v1/sessions", {
            "email": customer.email, "password": password})
        return next(json.loads(line) for line in logged_since(sizes).splitlines()
                    if answer.headers["X-Request-Id"] in line and '"program":"sessions"' in line)

    line = line_of(customer.password)
    assert (line["status"], line["user"]) == (201, customer.id)
    line = line_of("wrong password")
    assert (line["status"], line["code"]) == (401, "invalid_credentials") and "user" not in line


# Going on ------------------------------------------------------------------------------------

def test_a_refresh_token_is_exchanged_for_new_tokens(customer):
    session = log_in(customer)
    answer = refresh(session["refresh_token"])
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    following = answer.json()
    assert following["refresh_token"] != session["refresh_token"]
    assert me(following["access_token"]).json()["id"] == customer.id
    assert (claims(following["access_token"])["sid"] == claims(session["access_token"])["sid"])


def test_a_refresh_token_used_twice_ends_its_whole_family(customer):
    first = log_in(customer)["refresh_token"]
    second = refresh(first).json()["refresh_token"]
    assert_problem(refresh(first), 401, "invalid_refresh_token")
    assert_problem(refresh(second), 401, "invalid_refresh_token")


def test_other_sessions_go_on_when_one_family_ends(customer):
    stolen, other = log_in(customer)["refresh_token"], log_in(customer)["refresh_token"]
    refresh(stolen)
    refresh(stolen)
    assert refresh(other).status_code == 200


def test_a_refresh_token_exchanged_many_times_at_once_is_taken_once(customer):
    token = log_in(customer)["refresh_token"]
    answers = support.at_once(*[lambda: refresh(token) for _ in range(4)])
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    won = next(answer for answer in answers if answer.status_code == 200)
    assert_problem(refresh(won.json()["refresh_token"]), 401, "invalid_refresh_token")


def test_a_session_does_not_go_on_after_its_last_day(customer):
    session = log_in(customer)
    support.rows("UPDATE registry.sessions SET expires_at = now() - interval '1 second' "
                 f"WHERE id = '{claims(session['access_token'])['sid']}'")
    assert_problem(refresh(session["refresh_token"]), 401, "invalid_refresh_token")


@pytest.mark.parametrize("token", ["x", "é", "A" * 43, "' OR 1=1"])
def test_an_unknown_refresh_token_is_refused(token):
    assert_problem(refresh(token), 401, "invalid_refresh_token")


def test_a_refreshed_token_has_the_role_of_now(admin, customer):
    session = log_in(customer)
    admin.put(f"/v1/users/{customer.id}/role", {"role": "stock"})
    assert refresh(session["refresh_token"]).json()["role"] == "stock"


def test_an_access_token_is_no_refresh_token(customer):
    assert_problem(refresh(log_in(customer)["access_token"]), 422, pointer="/refresh_token")


# Signing out ---------------------------------------------------------------------------------

def test_after_signing_out_the_session_does_not_go_on(customer):
    session, other = log_in(customer), log_in(customer)
    answer = support.Client().delete("/v1/sessions/current", headers={
        "Authorization": f"Bearer {session['access_token']}"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(refresh(session["refresh_token"]), 401, "invalid_refresh_token")
    assert refresh(other["refresh_token"]).status_code == 200


def test_only_who_is_signed_in_signs_out(anyone):
    assert_problem(anyone.delete("/v1/sessions/current"), 401, "unauthorized")


def test_the_current_session_tells_who_one_is(customer):
    answer = customer.get("/v1/sessions/current")
    assert answer.json() == {"user_id": customer.id, "scope": "", "role": "customer"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_browser_may_show_address_and_password_instead(anyone, customer):
    answer = anyone.get("/v1/sessions/current", auth=(customer.email, customer.password))
    assert answer.json()["user_id"] == customer.id
    assert_problem(anyone.get("/v1/sessions/current", auth=(customer.email, "wrong")), 401)


@pytest.mark.parametrize("pair", [b"", b":", b"nobody", b"\xff\xfe:x", b"a\x00b:c", b"a" * 9000])
def test_a_malformed_pair_of_address_and_password_is_refused(anyone, pair):
    header = "Basic " + base64.b64encode(pair).decode()
    answer = anyone.get("/v1/sessions/current", headers={"Authorization": header})
    assert answer.status_code in ((400, 401) if len(pair) > 8000 else (401,))


def test_what_nginx_asks_for_reports_no_client_can_ask_for(anyone, customer):
    answer = customer.get("/v1/sessions/current", headers={"Vendas-Require": "reports:read"})
    assert answer.status_code == 200
    assert_problem(anyone.get("/internal/may-read-reports"), 404, "not_found")


# Where one is signed in ----------------------------------------------------------------------

@pytest.fixture
def places(customer):
    """The ids of three sessions of the customer, the newest first; the first is the caller's."""
    found = [claims(log_in(customer)["access_token"])["sid"] for _ in range(2)]
    return [claims(customer.token)["sid"], *reversed(found)]


def live(customer):
    return [session["id"] for session in customer.get("/v1/sessions").json()["data"]]


def test_people_see_where_they_are_signed_in(customer, places):
    sessions = customer.get("/v1/sessions").json()["data"]
    assert [session["id"] for session in sessions] == places
    assert [session["current"] for session in sessions] == [True, False, False]
    assert sessions[0]["client"]["address"] == "127.0.0.1"
    assert "python-requests" in sessions[0]["client"]["user_agent"]
    kept = str(support.rows("SELECT s.*::text FROM registry.sessions s WHERE s.user_id ="
                            f" '{customer.id}'"))
    for text in ("127.0.0.1", "python-requests"):
        assert text not in kept and text.encode().hex() not in kept


def test_people_end_one_of_their_sessions_or_all_others(customer, places):
    assert customer.delete(f"/v1/sessions/{places[1]}").status_code == 204
    assert live(customer) == [places[0], places[2]]
    assert_problem(customer.delete(f"/v1/sessions/{places[1]}"), 404, "not_found")
    assert customer.delete("/v1/sessions").status_code == 204
    assert live(customer) == [places[0]]


def test_nobody_sees_or_ends_the_sessions_of_somebody_else(customer, places, admin):
    other = support.register()
    for caller in (other, admin):
        assert not set(places) & set(live(caller))
        assert_problem(caller.delete(f"/v1/sessions/{places[1]}"), 404, "not_found")
    assert other.delete("/v1/sessions").status_code == 204
    assert_problem(customer.delete(f"/v1/sessions/{uuid.uuid4()}"), 404, "not_found")
    assert live(customer) == places
