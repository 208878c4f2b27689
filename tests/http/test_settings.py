"""Settings: what is wrong with them stops a program at its start, with a clear word."""
import os
import re
import subprocess

import pytest

import support

PROGRAM = support.programs()["registry-health"]


def start(program=PROGRAM, arguments=(), **changes):
    """Runs a program for one request; the finished process."""
    environment = {**support.settings(), "REQUEST_METHOD": "GET", "PATH_INFO": "/v1/health",
                   **changes}
    return subprocess.run([program, *arguments], env=environment, input="a password\n",
                          capture_output=True, text=True, timeout=30, check=False)


def test_with_sound_settings_a_program_starts():
    result = start()
    assert (result.returncode, result.stdout[:12]) == (0, "Status: 200 ")


@pytest.mark.parametrize("name", [
    "VENDAS_DATABSE_URL", "VENDAS_", "VENDAS_PUBLIC_URL_", "VENDAS_X"])
def test_a_setting_that_is_none_stops_every_program(name):
    for program in support.programs().values():
        result = start(program, **{name: "x"})
        assert result.returncode != 0
        assert result.stdout == ""
        assert result.stderr == f"{name}: there is no such setting\n"


@pytest.mark.parametrize("value", ["", "x", "10x", " ", "1.5", "9", "86401", "-60", "9" * 30])
def test_a_number_that_is_none_or_out_of_range_stops_a_program(value):
    result = start(VENDAS_ACCESS_TOKEN_SECONDS=value)
    assert result.returncode != 0
    assert result.stderr == (f'VENDAS_ACCESS_TOKEN_SECONDS: "{value}" is not a whole number '
                             "from 10 to 86400\n")


@pytest.mark.parametrize("name", ["VENDAS_DATABASE_URL", "VENDAS_TIMEZONE", "VENDAS_JWT_KEYS"])
def test_what_a_program_can_not_do_without_must_not_be_empty(name):
    result = start(**{name: ""})
    assert (result.returncode != 0, result.stderr) == (True, f"{name}: must not be empty\n")


@pytest.mark.parametrize("value", ["sp", "XX", "São Paulo", "S", " SP"])
def test_a_state_that_is_none_stops_a_program(value):
    result = start(VENDAS_SHOP_STATE=value)
    assert result.returncode != 0
    assert result.stderr == (f'VENDAS_SHOP_STATE: "{value}" is not the code of a state (UF), '
                             "such as SP\n")


def test_a_shop_sells_from_any_state_or_does_not_say_from_which():
    for value in ("", "SP", "DF", "TO"):
        assert start(VENDAS_SHOP_STATE=value).returncode == 0


def test_every_fault_is_told_at_once():
    result = start(VENDAS_MAX_BODY_BYTES="1", VENDAS_CURRENCY="R", VENDAS_COLOUR="red")
    assert {line.split(":")[0] for line in result.stderr.splitlines()} == {
        "VENDAS_MAX_BODY_BYTES", "VENDAS_CURRENCY", "VENDAS_COLOUR"}


def test_jobs_are_as_strict_as_programs():
    jobs = os.path.join(support.PROGRAMS, "jobs")
    arguments = {"account": ["a@example.com", "customer", "A"], "service-account": ["A", "b:c"]}
    for name in os.listdir(jobs):
        result = start(os.path.join(jobs, name), arguments.get(name, []), VENDAS_COLOUR="red")
        assert result.returncode != 0
        assert "VENDAS_COLOUR: there is no such setting\n" in result.stderr


def test_every_documented_setting_is_one_and_no_other_is_left_out():
    with open(os.path.join(support.ROOT, "systemd", "vendas.env"), encoding="utf-8") as file:
        text = file.read()
    documented = re.findall(r"^(VENDAS_\w+)=", text, re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert set(documented) == set(support.settings())
    assert start(**dict.fromkeys(documented, "0")).stderr.count("there is no such setting") == 0
    with open(os.path.join(support.ROOT, "lib", "settings.c"), encoding="utf-8") as file:
        known = {f"VENDAS_{name}" for name in re.findall(r'^    SETTING\("(\w+)"', file.read(),
                                                         re.MULTILINE)}
    assert known == set(documented)


def test_a_change_of_a_setting_is_in_force_for_the_next_start():
    result = subprocess.run(
        [support.programs()["registry-sessions"]], input="{}" + " " * 2000, capture_output=True,
        text=True, check=False, env={
            **support.settings(), "REQUEST_METHOD": "POST", "PATH_INFO": "/v1/sessions",
            "CONTENT_LENGTH": "2002", "VENDAS_MAX_BODY_BYTES": "1024"})
    assert result.stdout.startswith("Status: 413 ")


def test_a_secret_setting_is_in_no_line_of_a_refusal():
    result = start(VENDAS_COLLECTOR_CLIENT_SECRET="hush-hush", VENDAS_COLOUR="red",
                   VENDAS_DATABASE_URL="postgresql://x:hush-hush@nowhere/vendas")
    assert "hush" not in result.stderr
