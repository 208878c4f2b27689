"""Guessing: whoever tries passwords waits longer and longer; the owner does not."""
import json

import pytest

import support
from support import unique
from test_cgi import cgi


@pytest.fixture
def place():
    """A client address that no other test has (RFC 3849)."""
    return f"2001:db8:{unique()[-4:]}:{unique()[-4:]}::1"


def sign_in(email, password, address):
    """(status, seconds to wait, problem code) of an attempt from an address."""
    body = json.dumps({"email": email, "password": password}).encode()
    status, headers, content = cgi("registry-sessions", "POST", "/v1/sessions", body,
                                   REMOTE_ADDR=address)
    return status, int(headers.get("Retry-After", 0)), json.loads(content).get("code")


def guess_until_refused(email, address, most=20):
    """How many wrong passwords are compared before one has to wait: long enough for the test."""
    for tried in range(most):
        if sign_in(email, "wrong password", address)[0] == 429:
            return tried
        support.rows("UPDATE registry.attempts SET blocked_until = blocked_until + interval '50 s'"
                     " WHERE blocked_until > now() - interval '10 s'")
    raise AssertionError("nobody had to wait")


def forget_the_wait():
    support.rows("UPDATE registry.attempts SET blocked_until = 'epoch'")


def test_after_five_wrong_passwords_one_waits_and_each_time_longer(customer, place):
    waits = []
    for _ in range(9):
        forget_the_wait()
        sign_in(customer.email, "wrong password", place)
        waits.append(round(float(support.value(
            "SELECT extract(epoch FROM max(blocked_until) - max(last_at))"
            "  FROM (SELECT * FROM registry.attempts ORDER BY last_at DESC LIMIT 2) AS last"))))
    assert [wait for wait in waits if wait > 0] == [1, 2, 4, 8, 16]


def test_the_longest_wait_is_bounded(customer, place):
    guess_until_refused(customer.email, place)
    support.rows("UPDATE registry.attempts SET failures = 1000, blocked_until = 'epoch'"
                 " WHERE failures >= 5")
    sign_in(customer.email, "wrong password", place)
    assert 890 < sign_in(customer.email, "wrong password", place)[1] <= 900


def test_while_one_has_to_wait_the_right_password_does_not_help(customer, place):
    guess_until_refused(customer.email, place)
    assert sign_in(customer.email, customer.password, place)[::2] == (429, "too_many_attempts")


def test_an_attacker_elsewhere_does_not_lock_the_owner_out(customer, place):
    home = "192.0.2.7"
    assert sign_in(customer.email, customer.password, home)[0] == 201
    guess_until_refused(customer.email, place)
    assert sign_in(customer.email, customer.password, place)[0] == 429
    assert sign_in(customer.email, customer.password, home)[0] == 201


def test_an_unknown_address_is_treated_like_a_known_one(customer, place):
    nobody = f"{unique()}@example.com"
    assert guess_until_refused(nobody, place) == guess_until_refused(
        customer.email, place.replace("::1", "::2"))


def test_the_case_of_the_address_makes_no_difference(customer, place):
    guess_until_refused(customer.email, place)
    assert sign_in(customer.email.upper(), customer.password, place)[0] == 429


@pytest.mark.parametrize("letter", ["\u212a", "\u0130"])  # PostgreSQL's lower(): k, i
def test_no_spelling_of_the_address_is_counted_by_itself(customer, place, letter):
    customer.email = f"kiki.{customer.email}"
    support.rows(f"UPDATE registry.users SET email = '{customer.email}' WHERE id = '{customer.id}'")
    spelled = letter + customer.email[1:] if letter == "\u212a" else customer.email.replace("i", letter)
    assert sign_in(spelled, customer.password, place)[::2] == (401, "invalid_credentials")
    assert sign_in(customer.email, customer.password, place)[0] == 201


def test_many_guesses_at_once_are_as_many_as_one_after_another(customer):
    answers = support.at_once(*[lambda: support.Client().post("/v1/sessions", {
        "email": customer.email, "password": "wrong password"}) for _ in range(12)])
    assert [answer.status_code for answer in answers].count(401) <= 5


def test_success_forgets_the_failures(customer, place):
    for _ in range(4):
        assert sign_in(customer.email, "wrong password", place)[0] == 401
    assert sign_in(customer.email, customer.password, place)[0] == 201
    assert guess_until_refused(customer.email, place) == 5


def test_failures_are_forgotten_with_time(customer, place):
    guess_until_refused(customer.email, place)
    support.rows("UPDATE registry.attempts SET last_at = now() - interval '1 day',"
                 " blocked_until = 'epoch'")
    assert guess_until_refused(customer.email, place) == 5


def test_one_address_that_tries_many_accounts_waits_too(place):
    limit = int(support.settings()["VENDAS_SIGN_IN_ATTEMPTS_PER_ADDRESS"])
    sign_in(f"{unique()}@example.com", "wrong password", place)
    support.rows(f"UPDATE registry.attempts SET failures = {limit + 5} WHERE key IN (SELECT key FROM"
                 " registry.attempts ORDER BY last_at DESC LIMIT 2)")
    assert sign_in(f"{unique()}@example.com", "wrong password", place)[0] == 401
    assert sign_in(f"{unique()}@example.com", "wrong password", place)[0] == 429
    neighbour = place.replace("::1", "::2")  # the same network
    assert sign_in(f"{unique()}@example.com", "wrong password", neighbour)[0] == 429


def test_neither_accounts_nor_addresses_are_kept_where_attempts_are_counted(customer, place):
    sign_in(customer.email, "wrong password", place)
    kept = str(support.rows("SELECT a.*::text FROM registry.attempts a"))
    for text in (customer.email, place):
        assert text not in kept and text.encode().hex() not in kept


def test_the_present_password_is_not_guessed_with_a_stolen_token(customer):
    codes = []
    for _ in range(8):
        answer = customer.patch("/v1/users/me", {
            "password": "another correct horse", "current_password": "wrong password"})
        codes.append(answer.status_code)
    assert codes[:5] == [422] * 5 and 429 in codes[5:]
