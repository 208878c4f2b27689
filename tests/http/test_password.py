"""Passwords: changing one's own, and choosing a new one by a letter."""
import pytest

import support
from support import assert_problem, letters, token_in

NEW = "another correct horse"


def sign_in(email, password):
    return support.Client().post("/v1/sessions", {"email": email, "password": password})


def refresh(token):
    return support.Client().post("/v1/sessions/refresh", {"refresh_token": token})


# Changing ------------------------------------------------------------------------------------

def test_a_password_is_changed_with_the_present_one_and_the_owner_is_told(customer):
    answer = customer.patch("/v1/users/me", {
        "password": NEW, "current_password": customer.password})
    assert answer.status_code == 200, answer.text
    assert "password" not in answer.json()
    assert_problem(sign_in(customer.email, customer.password), 401, "invalid_credentials")
    assert sign_in(customer.email, NEW).status_code == 201
    assert token_in(letters(customer.email)[-1]) is None


def test_without_the_present_password_it_stays(customer):
    assert_problem(customer.patch("/v1/users/me", {"password": NEW}), 422, "validation_failed",
                   "/current_password")
    answer = customer.patch("/v1/users/me", {
        "name": "Changed", "password": NEW, "current_password": "wrong password"})
    problem = assert_problem(answer, 422, "validation_failed", "/current_password")
    assert problem["errors"][0]["code"] == "wrong_password"
    assert customer.get("/v1/users/me").json()["name"] == "Ana Lima"
    assert sign_in(customer.email, customer.password).status_code == 201


def test_a_new_password_keeps_the_rules(customer):
    for password, code in (("senha123", "password_common"), ("ana lima 2026", "password_holds_identity"),
                           ("short", "too_short")):
        problem = assert_problem(customer.patch("/v1/users/me", {
            "password": password, "current_password": customer.password}), 422)
        assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
            ("/password", code)]


def test_a_changed_password_ends_all_other_sessions(customer):
    here, there = (sign_in(customer.email, customer.password).json() for _ in range(2))
    answer = support.Client().patch(
        "/v1/users/me", {"password": NEW, "current_password": customer.password},
        headers={"Authorization": f"Bearer {here['access_token']}"})
    assert answer.status_code == 200
    assert_problem(refresh(there["refresh_token"]), 401, "invalid_refresh_token")
    assert refresh(here["refresh_token"]).status_code == 200


def test_nobody_sets_the_password_of_somebody_else(admin, customer):
    answer = admin.patch(f"/v1/users/{customer.id}", {
        "password": NEW, "current_password": admin.password})
    problem = assert_problem(answer, 422, "validation_failed", "/password")
    assert problem["errors"][0]["code"] == "read_only"


# Choosing a new one --------------------------------------------------------------------------

def reset_token(email):
    answer = support.Client().post("/v1/password-resets", {"email": email})
    assert (answer.status_code, answer.json()) == (202, {"status": "reset_sent"})
    return token_in(letters(email)[-1])


def reset(token, password=NEW):
    return support.Client().put("/v1/password-resets", {"token": token, "password": password})


def test_a_forgotten_password_is_replaced_by_a_letter_and_all_sessions_end(customer):
    session = sign_in(customer.email, customer.password).json()
    assert reset(reset_token(customer.email.upper())).status_code == 204
    assert sign_in(customer.email, NEW).status_code == 201
    assert_problem(sign_in(customer.email, customer.password), 401, "invalid_credentials")
    assert_problem(refresh(session["refresh_token"]), 401, "invalid_refresh_token")


def test_a_letter_sets_a_password_once(customer):
    token = reset_token(customer.email)
    assert reset(token).status_code == 204
    assert_problem(reset(token, "yet another password"), 422, "validation_failed", "/token")


def test_a_weak_password_does_not_use_the_letter_up(customer):
    token = reset_token(customer.email)
    assert_problem(reset(token, "senha123"), 422, "validation_failed", "/password")
    assert_problem(reset(token, f"{customer.email}!"), 422, "validation_failed", "/password")
    assert reset(token).status_code == 204


def test_only_the_last_letter_counts_and_only_for_its_time(customer):
    first = reset_token(customer.email)
    second = reset_token(customer.email)
    assert first != second
    assert_problem(reset(first), 422, "validation_failed", "/token")
    support.rows("UPDATE registry.mail_tokens SET expires_at = now() - interval '1 second'"
                 f" WHERE user_id = '{customer.id}'")
    assert_problem(reset(second), 422, "validation_failed", "/token")


def test_a_letter_used_twice_at_once_works_once(customer):
    token = reset_token(customer.email)
    answers = support.at_once(*[lambda p=p: reset(token, p) for p in (
        "first new password", "second new password")])
    assert sorted(answer.status_code for answer in answers) == [204, 422]


def test_a_changed_password_makes_the_letter_useless(customer):
    token = reset_token(customer.email)
    assert customer.patch("/v1/users/me", {
        "password": NEW, "current_password": customer.password}).status_code == 200
    assert_problem(reset(token), 422, "validation_failed", "/token")


def ask_for_another_address(user):
    """The token that the letter to the new address has."""
    new = f"{support.unique('nova')}@example.com"
    answer = user.put("/v1/users/me/email", {"email": new, "password": user.password})
    assert answer.status_code == 202, answer.text
    return token_in(letters(new)[0])


def confirm(token):
    return support.Client().put("/v1/email-confirmations", {"token": token})


@pytest.mark.parametrize("way", ["change", "reset"])
def test_whoever_asked_for_another_address_with_the_old_password_does_not_get_it(customer, way):
    token = ask_for_another_address(customer)
    if way == "reset":
        assert reset(reset_token(customer.email)).status_code == 204
    else:
        assert customer.patch("/v1/users/me", {
            "password": NEW, "current_password": customer.password}).status_code == 200
    assert_problem(confirm(token), 422, "validation_failed", "/token")
    assert sign_in(customer.email, NEW).status_code == 201


def test_another_change_leaves_the_change_of_address_alone(customer):
    token = ask_for_another_address(customer)
    assert customer.patch("/v1/users/me", {"name": "Ana Souza"}).status_code == 200
    assert confirm(token).status_code == 200


def test_the_old_address_gets_no_password_once_another_is_confirmed(customer):
    token = reset_token(customer.email)
    assert confirm(ask_for_another_address(customer)).status_code == 200
    assert_problem(reset(token), 422, "validation_failed", "/token")


def test_nobody_learns_whether_an_address_has_an_account(anyone, customer):
    nobody = f"{support.unique()}@example.com"
    answers = [anyone.post("/v1/password-resets", {"email": email})
               for email in (customer.email, nobody)]
    assert answers[0].status_code == answers[1].status_code == 202
    assert answers[0].content == answers[1].content
    assert letters(nobody) == []


def test_a_reset_lets_in_an_owner_whom_an_attacker_had_locked_out(customer):
    for _ in range(5):
        sign_in(customer.email, "wrong password")
    support.rows("UPDATE registry.attempts SET blocked_until = blocked_until + interval '50 s'")
    assert sign_in(customer.email, customer.password).status_code == 429
    assert reset(reset_token(customer.email)).status_code == 204
    assert sign_in(customer.email, NEW).status_code == 201
