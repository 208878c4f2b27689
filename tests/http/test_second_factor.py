"""The second factor: one-time passwords, which are used once, and recovery codes."""
import base64
import hashlib
import hmac
import struct
import time

import pytest

import support
from support import assert_problem


def code_at(secret, moment):
    """RFC 6238, written anew: SHA-1, six digits, steps of 30 seconds."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(moment) // 30), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1000000:06d}"


class Phone:
    """An authenticator app: gives a code that was not used yet."""

    def __init__(self, secret):
        self.secret, self.step = secret, int(time.time()) // 30 - 2

    def code(self):
        self.step = max(self.step + 1, int(time.time()) // 30 - 1)
        while self.step > int(time.time()) // 30 + 1:
            time.sleep(0.5)
        return code_at(self.secret, self.step * 30)


def sign_in(user, **fields):
    return support.Client().post("/v1/sessions", {
        "email": user.email, "password": user.password, **fields})


PATH = "/v1/users/me/second-factor"


@pytest.fixture
def protected(customer):
    """A customer with a second factor: .phone and .recovery_codes."""
    answer = customer.post(PATH, {"password": customer.password})
    assert answer.status_code == 201, answer.text
    customer.phone = Phone(answer.json()["secret"])
    answer = customer.put(PATH, {"code": customer.phone.code()})
    assert answer.status_code == 200, answer.text
    customer.recovery_codes = answer.json()["recovery_codes"]
    return customer


def test_a_second_factor_is_asked_for_once_a_code_has_proved_it(customer):
    assert customer.get(PATH).json() == {
        "enabled": False, "enabled_at": None, "recovery_codes_left": 0}
    secret = customer.post(PATH, {"password": customer.password}).json()
    assert secret["secret"] in secret["uri"]
    assert sign_in(customer).status_code == 201
    phone = Phone(secret["secret"])
    assert_problem(customer.put(PATH, {"code": "000000"}), 422, "validation_failed", "/code")
    assert len(customer.put(PATH, {"code": phone.code()}).json()["recovery_codes"]) == 10
    state = customer.get(PATH).json()
    assert (state["enabled"], state["recovery_codes_left"]) == (True, 10)
    assert_problem(sign_in(customer), 401, "second_factor_required")
    assert_problem(sign_in(customer, code="000000"), 401, "invalid_code")
    assert sign_in(customer, code=phone.code()).status_code == 201


def test_a_wrong_password_does_not_tell_of_the_second_factor(protected):
    answer = support.Client().post("/v1/sessions", {
        "email": protected.email, "password": "wrong password", "code": "000000"})
    assert_problem(answer, 401, "invalid_credentials")


def test_a_code_is_used_once(protected):
    code = protected.phone.code()
    answers = support.at_once(*[lambda: sign_in(protected, code=code) for _ in range(3)])
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401]
    assert_problem(sign_in(protected, code=code), 401, "invalid_code")


def test_a_recovery_code_is_used_once_in_any_spelling(protected):
    code = protected.recovery_codes[0]
    assert sign_in(protected, code=code.upper().replace("-", " ")).status_code == 201
    assert_problem(sign_in(protected, code=code), 401, "invalid_code")
    assert sign_in(protected, code=protected.recovery_codes[1]).status_code == 201
    assert protected.get(PATH).json()["recovery_codes_left"] == 8


def test_new_recovery_codes_take_the_place_of_the_old_ones(protected):
    path, password = "/v1/users/me/recovery-codes", protected.password
    assert_problem(protected.post(path, {"password": password}), 422, "validation_failed", "/code")
    answer = protected.post(path, {"password": password, "code": protected.phone.code()})
    assert answer.status_code == 201
    assert_problem(sign_in(protected, code=protected.recovery_codes[0]), 401, "invalid_code")
    assert sign_in(protected, code=answer.json()["recovery_codes"][0]).status_code == 201


def test_it_is_disabled_with_password_and_code(protected):
    for body, pointer in (({"password": "wrong password", "code": protected.recovery_codes[0]},
                           "/password"),
                          ({"password": protected.password}, "/code"),
                          ({"password": protected.password, "code": "000000"}, "/code")):
        answer = protected.delete(PATH, json=body)
        assert_problem(answer, 422, "validation_failed", pointer)
    answer = protected.delete(PATH, json={
        "password": protected.password, "code": protected.phone.code()})
    assert answer.status_code == 204
    assert sign_in(protected).status_code == 201


@pytest.mark.parametrize("path", [PATH, "/v1/users/me"])
def test_a_code_is_not_guessed_with_a_stolen_token_and_the_password(protected, path):
    codes = [protected.delete(path, json={"password": protected.password, "code": "000000"}
                              ).status_code for _ in range(8)]
    assert codes[:5] == [422] * 5 and 429 in codes[5:]


def test_the_owner_is_told_that_it_was_enabled_and_disabled(protected, admin):
    def told():
        return [letter["Subject"].split(": ")[1] for letter in support.letters(protected.email)]
    assert told() == ["verificação em duas etapas ativada"]
    path = f"/v1/users/{protected.id}/second-factor"
    for _ in range(2):  # the second time there is nothing to tell
        assert admin.delete(path).status_code == 204
    assert told() == ["verificação em duas etapas ativada", "verificação em duas etapas desativada"]


def test_it_can_not_be_begun_anew_while_it_is_enabled(protected):
    answer = protected.post(PATH, {"password": protected.password})
    assert_problem(answer, 409, "second_factor_enabled")


def test_staff_disables_it_for_whoever_lost_everything(protected, admin, make_user):
    path = f"/v1/users/{protected.id}/second-factor"
    assert_problem(make_user("support").delete(path), 404, "not_found")
    assert_problem(make_user("customer").delete(path), 404, "not_found")
    assert admin.delete(path).status_code == 204
    assert sign_in(protected).status_code == 201


def test_the_first_code_is_not_guessed_with_a_stolen_token(customer):
    secret = customer.post(PATH, {"password": customer.password}).json()["secret"]
    codes = [customer.put(PATH, {"code": "000000"}).status_code for _ in range(8)]
    assert codes[:5] == [422] * 5 and 429 in codes[5:]
    support.rows("UPDATE registry.attempts SET blocked_until = blocked_until + interval '50 s'"
                 " WHERE blocked_until > now() - interval '10 s'")
    assert_problem(customer.put(PATH, {"code": Phone(secret).code()}), 429, "too_many_attempts")


def test_without_a_password_nobody_begins(customer):
    assert_problem(customer.post(PATH, {"password": "wrong password"}), 422, "validation_failed",
                   "/password")
    assert_problem(customer.put(PATH, {"code": "123456"}), 409, "second_factor_not_begun")
    assert_problem(customer.post("/v1/users/me/recovery-codes", {"password": customer.password}),
                   409, "second_factor_not_begun")


def test_a_dump_tells_neither_the_secret_nor_a_recovery_code(protected):
    kept = str(support.rows("SELECT f.*::text, r.*::text FROM registry.second_factors f"
                            " JOIN registry.recovery_codes r USING (user_id)"
                            f" WHERE user_id = '{protected.id}'"))
    for text in (protected.phone.secret, *protected.recovery_codes):
        for form in (text, text.replace("-", "")):
            assert form not in kept and form.encode().hex() not in kept


def test_a_password_alone_opens_no_page_where_there_is_a_second_factor(protected):
    answer = support.Client().get("/v1/sessions/current",
                                  auth=(protected.email, protected.password))
    assert_problem(answer, 401, "second_factor_required")
