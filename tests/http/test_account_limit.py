"""The limit of an account: so many requests a minute, in all programs together."""
import re
import subprocess
import time

import pytest

import support


@pytest.fixture
def ask(tmp_path):
    """ask(client, path, program): the status and the answer of a program that lets an account ask
    five times a minute, counted in a file of this test's."""
    def run(client, path="/v1/users/me", program="registry-users", **settings):
        result = subprocess.run(
            [support.programs()[program]], capture_output=True, text=True, timeout=30,
            check=False, env={
                **support.settings(), "REQUEST_METHOD": "GET", "PATH_INFO": path,
                "HTTP_AUTHORIZATION": f"Bearer {client.token}", "HTTP_ACCEPT_LANGUAGE": "en",
                "VENDAS_ACCOUNT_REQUESTS_PER_MINUTE": "5",
                "VENDAS_LIMITS_FILE": str(tmp_path / "limits"), **settings})
        return int(result.stdout.split()[1]), result.stdout, result.stderr
    return run


def wait_for_room():
    """Until the minute has some seconds left, as counting begins anew with the next one."""
    while time.time() % 60 > 45:
        time.sleep(0.5)


def test_an_account_that_asks_too_often_is_asked_to_wait_until_the_minute_is_over(
        ask, customer):
    wait_for_room()
    answers = [ask(customer) for _ in range(6)]
    assert [status for status, *_ in answers] == [200] * 5 + [429]
    refusal = answers[-1][1]
    assert '"code":"too_many_requests"' in refusal
    assert "Content-Type: application/problem+json" in refusal
    wait = int(re.search(r"^Retry-After: (\d+)", refusal, re.MULTILINE).group(1))
    assert 55 < wait + time.time() % 60 < 65


def test_the_requests_to_all_programs_count_together_and_other_accounts_do_not(ask, customer):
    wait_for_room()
    other = support.register()
    assert ask(other)[0] == 200
    for _ in range(3):
        assert ask(customer)[0] == 200
    for _ in range(2):
        assert ask(customer, "/v1/orders", "sales-orders")[0] == 200
    assert ask(customer, "/v1/orders", "sales-orders")[0] == 429
    assert ask(customer)[0] == 429
    assert ask(other)[0] == 200


def test_an_account_is_not_counted_where_nobody_has_to_be_signed_in(ask, customer):
    wait_for_room()
    for _ in range(7):
        assert ask(customer, "/v1/categories", "products-categories")[0] == 200


def test_without_the_file_requests_go_on_and_the_log_says_so(ask, customer, tmp_path):
    wait_for_room()
    for _ in range(7):
        status, _, log = ask(customer, VENDAS_LIMITS_FILE=str(tmp_path / "nowhere" / "limits"))
        assert status == 200
        assert log.count("accounts are not limited") == 1


def test_the_limit_of_accounts_can_be_off(ask, customer):
    for _ in range(7):
        assert ask(customer, VENDAS_ACCOUNT_REQUESTS_PER_MINUTE="0")[0] == 200
