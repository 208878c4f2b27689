"""Limits per address: off in a private instance, and working where they are on."""
import os
import re
import subprocess
import time

import pytest

import contract
import support
from support import assert_problem


def limits(*state):
    result = subprocess.run(
        [os.path.join(support.ROOT, "tools", "web"), "start", "--limits", *state],
        capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def is_refused(call):
    """Whether one of many calls in a row is refused for coming too often. (Who guesses passwords
    has to wait as well, which is told apart: test_attempts.)"""
    answers = [call() for _ in range(15)]
    refused = [answer for answer in answers if answer.status_code == 429
               and answer.json()["code"] != "too_many_attempts"]
    for answer in refused:
        assert_problem(answer, 429, "too_many_requests")
        assert 1 <= int(answer.headers["Retry-After"]) <= 10
    return bool(refused)


def until(true, seconds=20):
    """nginx's old workers go on for a moment after it has read its configuration anew."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"


def log_in():
    return support.Client().post("/v1/sessions", {})


@pytest.fixture(scope="module")
def limited():
    limits("on")
    until(lambda: is_refused(log_in))
    yield
    limits("off")
    until(lambda: not is_refused(log_in))


def test_without_limits_nobody_is_refused():
    assert not is_refused(log_in)


def test_one_address_can_not_try_password_after_password(limited):
    until(lambda: is_refused(lambda: support.Client().post("/v1/sessions", {
        "email": "a@example.com", "password": "x"})))


def test_one_address_can_not_register_user_after_user(limited):
    until(lambda: is_refused(lambda: support.Client().post("/v1/users", {})))


def test_one_address_can_not_try_passwords_where_a_report_is_asked_for(limited):
    headers = {"Authorization": "Basic YUBleGFtcGxlLmNvbTp4"}  # a@example.com:x

    for path in ("/v1/sessions/current", "/reports/"):
        def many(path=path):
            return is_refused(lambda: support.Client().get(path, headers=headers))
        until(lambda many=many: any(support.at_once(*[many] * 4)))


def test_who_is_refused_may_do_other_things_and_come_again(limited, anyone):
    until(lambda: is_refused(log_in))
    assert anyone.get("/v1/products").status_code == 200
    assert anyone.get("/v1/sessions/current").status_code == 401
    until(lambda: log_in().status_code != 429)


def test_a_gateway_tells_of_as_many_payments_as_there_are(limited, anyone):
    answers = [anyone.post("/v1/webhooks/stripe", {"id": "evt_1"}) for _ in range(150)]
    assert {answer.status_code for answer in answers} == {400}


def test_one_address_can_not_take_all_of_the_shop(limited):
    def many():
        return is_refused(lambda: support.Client().get("/v1/health"))
    until(lambda: any(support.at_once(*[many] * 20)))
    until(lambda: support.Client().get("/v1/health").status_code == 200)


@pytest.mark.parametrize("path", [path for path in (
    "/v1/users", "/v1/password-resets", "/v1/email-confirmations") if contract.find("POST", path)])
def test_who_has_us_write_letters_is_stopped_sooner(limited, path):
    answers = [support.Client().post(path, {}).status_code for _ in range(15)]
    assert answers.count(429) >= 8


@pytest.fixture
def from_anywhere(limited):
    """Lets a request name the address that it comes from (X-Test-Address)."""
    path = os.path.join(support.VAR, "nginx.d", "anywhere.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("set_real_ip_from 127.0.0.1;\nreal_ip_header X-Test-Address;\n")
    limits("on")
    yield
    os.remove(path)
    limits("on")


@pytest.mark.parametrize("client, other", [
    ("2001:db8:1:2::{}", "2001:db8:1:{}::1"),
    ("2001:db8:1:2:3:4:5:{}", "2001:db8:1:{}:3:4:5:6"),
    ("2001:db8::{}", "2001:db8:{}::1"),
    ("203.0.113.7", "203.0.113.{}"),
    ("::ffff:203.0.113.8", "::ffff:198.51.100.{}")])
def test_one_client_is_an_address_or_a_network_of_ipv6(from_anywhere, client, other):
    def refused(address):
        return [n for n in range(100, 130) if support.Client().post(
            "/v1/sessions", {}, headers={"X-Test-Address": address.format(n)}).status_code == 429]
    until(lambda: refused(client) and not refused(other))


def test_the_limits_are_the_settings(limited):
    def zones():
        with open(os.path.join(support.VAR, "nginx.conf"), encoding="utf-8") as file:
            return dict(re.findall(r"^ *limit_req_zone .* zone=(\w+):.* rate=(\d+r/[sm]);",
                                   file.read(), re.MULTILINE))
    assert zones() == {"requests": "50r/s", "sign_ins": "60r/m", "passwords": "180r/m",
                       "letters": "10r/m"}
    settings = os.path.join(support.VAR, "vendas.env")
    with open(settings, encoding="utf-8") as file:
        before = file.read()
    try:
        with open(settings, "w", encoding="utf-8") as file:
            file.write(re.sub(r"^(VENDAS_ADDRESS_\w+)=(\d+)$", r"\1=7", before,
                              flags=re.MULTILINE))
        limits("on")
        assert zones() == {"requests": "7r/s", "sign_ins": "7r/m", "passwords": "21r/m",
                           "letters": "7r/m"}
    finally:
        with open(settings, "w", encoding="utf-8") as file:
            file.write(before)
        limits("on")
