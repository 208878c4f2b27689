"""vendasctl: the shop from a shell, for people and for programs."""
import json
import os
import re
import subprocess
import uuid

import pytest

import support

VENDASCTL = os.path.join(support.VAR, "app", "bin", "vendasctl")
MANUAL = os.path.join(support.ROOT, "cli", "vendasctl.1")
NOTHING = "00000000-0000-7000-8000-000000000000"


def run(*arguments, **environment):
    """vendasctl with nothing but this environment; the finished process."""
    return subprocess.run([VENDASCTL, *arguments], capture_output=True, text=True, timeout=60,
                          check=False, env={"HOME": "/nonexistent", **environment})


@pytest.fixture(scope="module")
def account(make_account):
    credentials = make_account("orders:read", "orders:write", "stock:read", "stock:write").credentials
    return {"VENDASCTL_URL": support.URL, "VENDASCTL_CLIENT_ID": credentials["client_id"],
            "VENDASCTL_CLIENT_SECRET": credentials["client_secret"], "LC_ALL": "C.UTF-8"}


@pytest.fixture
def ctl(account):
    """ctl(*arguments): what it prints, when all is well."""
    def call(*arguments):
        result = run(*arguments, **account)
        assert (result.returncode, result.stderr) == (0, ""), result
        return result.stdout
    return call


# Commands -------------------------------------------------------------------------------------

def test_orders_are_listed_for_people_and_for_programs(ctl, customer, product, place_order):
    order = place_order(customer, product)
    table = ctl("orders", "list", "--limit", "5", "--status", "pending")
    heading, first = table.splitlines()[:2]
    assert heading.split() == ["Number", "Status", "Placed", "Customer", "Total", "ID"]
    assert re.split(r"  +", first.strip())[0] == str(order["number"])
    assert order["id"] in first and "Ana Lima" in first
    listed = json.loads(ctl("--json", "orders", "list", "--limit", "1"))
    assert [o["id"] for o in listed["data"]] == [order["id"]]


def test_an_order_is_shown_shipped_and_canceled(ctl, customer, product, place_order, pay):
    order, other = place_order(customer, product, 2), place_order(customer, product)
    shown = ctl("orders", "show", order["id"])
    assert str(order["number"]) in shown and product["name"] in shown
    assert json.loads(ctl("orders", "show", order["id"], "--json"))["id"] == order["id"]
    pay(customer, order)
    shipped = json.loads(ctl("orders", "ship", order["id"], "--reason", "coleta", "--json"))
    assert shipped["status"] == "shipped" and shipped["history"][-1]["reason"] == "coleta"
    assert json.loads(ctl("orders", "cancel", other["id"], "--json"))["status"] == "canceled"


def test_stock_is_received_shown_and_found_low(ctl, make_product):
    product = make_product(stock=1)
    variant = product["variants"][0]["id"]
    key = str(uuid.uuid4())
    for _ in range(2):  # the same key once more: nothing more arrives
        level = json.loads(ctl("stock", "receive", variant, "3", "--key", key, "--reason", "NF 12",
                               "--json"))
        assert level["on_hand"] == 4
    assert ctl("stock", "show", variant).splitlines()[1].split() == [variant, "4", "0", "4"]
    assert json.loads(ctl("--json", "stock", "show", variant))["movements"][0]["reason"] == "NF 12"
    assert variant in ctl("stock", "low", "--max", "4", "--all")
    assert variant not in ctl("stock", "low", "--max", "3", "--all")


def test_all_pages_are_one_list(ctl):
    every = json.loads(ctl("--json", "stock", "low", "--max", "1000000000", "--all"))["data"]
    assert len(every) == int(support.value("SELECT count(*) FROM sales.stock_levels"))
    assert len({level["variant_id"] for level in every}) == len(every)


def test_a_terminal_is_not_told_what_to_do(ctl, make_product, place_order):
    support.rows("UPDATE sales.orders SET customer = NULL, customer_name = E'Ana\\x1b[31m\\u009b2J'"
                 f" WHERE id = '{place_order(support.register(), make_product())['id']}'")
    first = ctl("orders", "list", "--limit", "1").splitlines()[1]
    assert "\x1b" not in first and "\x9b" not in first and "Ana?[31m" in first


# Refusals -------------------------------------------------------------------------------------

def test_what_the_shop_refuses_is_told_with_status_1(account, customer, product, place_order):
    order = place_order(customer, product)
    result = run("orders", "ship", order["id"], **account)
    assert (result.returncode, result.stdout) == (1, "")
    assert "illegal_transition" in result.stderr
    assert run("orders", "show", NOTHING, **account).returncode == 1
    wrong = run("orders", "list", **{**account, "VENDASCTL_CLIENT_SECRET": "wrong"})
    assert wrong.returncode == 1 and "invalid_client" in wrong.stderr
    field = run("orders", "list", "--status", "lost", **account)
    assert field.returncode == 1 and "status" in field.stderr


@pytest.mark.parametrize("arguments", [
    [], ["orders"], ["orders", "eat"], ["orders", "show"], ["orders", "show", "x"],
    ["orders", "list", "x"], ["stock", "receive", NOTHING, "0"], ["stock", "receive", NOTHING, "x"],
    ["orders", "list", "--limit", "101"], ["--colour", "orders", "list"],
    ["stock", "low", "--max", "-1"]])
def test_wrong_use_is_told_with_status_2(account, arguments):
    result = run(*arguments, **account)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr


def test_a_shop_that_is_away_is_status_3(account):
    result = run("orders", "list", **{**account, "VENDASCTL_URL": "http://127.0.0.1:9"})
    assert result.returncode == 3
    assert result.stderr.startswith("vendasctl: http://127.0.0.1:9: ")


def test_a_secret_goes_nowhere_in_clear(account):
    for url in ("http://shop.example", "http://127.0.0.1.evil.example", "http://127.0.0.1@evil.example",
                "ftp://127.0.0.1"):
        result = run("--url", url, "orders", "list", **account)
        assert (result.returncode, url in result.stderr) == (2, True)


# Where and who --------------------------------------------------------------------------------

def test_a_file_of_ones_own_says_where_and_who(account, tmp_path):
    file = tmp_path / "vendas" / "vendasctl.conf"
    file.parent.mkdir()
    file.write_text(f"# the shop\nurl={account['VENDASCTL_URL']}\n"
                    f"client_id={account['VENDASCTL_CLIENT_ID']}\n"
                    f"client_secret={account['VENDASCTL_CLIENT_SECRET']}\n")
    for mode, status in ((0o600, 0), (0o400, 0), (0o640, 2), (0o604, 2)):
        file.chmod(mode)
        usual = run("orders", "list", XDG_CONFIG_HOME=str(tmp_path))
        named = run("--config", str(file), "orders", "list")
        assert (usual.returncode, named.returncode) == (status, status), usual.stderr
    assert "0600" in usual.stderr
    file.chmod(0o600)
    there = run("--url", "http://127.0.0.1:9", "orders", "list", XDG_CONFIG_HOME=str(tmp_path))
    assert there.returncode == 3, "an option goes before the file"
    file.write_text("colour=red\n")
    assert run("orders", "list", XDG_CONFIG_HOME=str(tmp_path)).returncode == 2
    assert run("--config", "/nonexistent", "orders", "list").returncode == 2
    assert run("orders", "list").returncode == 2


def test_it_speaks_the_callers_language(account):
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout
    if "pt_BR.utf8" not in known:
        pytest.skip("this host has no pt_BR locale")
    result = run("orders", "list", **{**account, "LC_ALL": "pt_BR.UTF-8"})
    assert result.stdout.split()[0] == "Número"


# What comes with it ---------------------------------------------------------------------------

def usages():
    """{(group, command): usage} as --help has them."""
    found = re.findall(r"^  (\w+) (\w+) (.*)$", run("--help").stdout, re.MULTILINE)
    return {(group, name): usage for group, name, usage in found}


def test_the_manual_names_every_command_and_option():
    with open(MANUAL, encoding="utf-8") as file:
        manual = file.read().replace("\\-", "-")
    assert len(usages()) == 7
    for (group, name), usage in usages().items():
        assert f"{group} {name}" in manual
        for option in re.findall(r"--[a-z-]+", usage):
            assert option in manual
    warnings = subprocess.run(["man", "--warnings", "-l", "-Tutf8", MANUAL], capture_output=True,
                              text=True, check=False) if os.path.exists("/usr/bin/man") else None
    assert warnings is None or warnings.stderr == ""


@pytest.mark.parametrize("line, expected", [
    ("vendasctl ", {"orders", "stock"}), ("vendasctl orders ", {"list", "show", "ship", "cancel"}),
    ("vendasctl stock ", {"show", "receive", "low"}),
    ("vendasctl --json orders list --st", {"--status"}),
    ("vendasctl orders list --status pa", {"paid", "partially_refunded"}),
    ("vendasctl stock low --m", {"--max"})])
def test_bash_completes_it(line, expected):
    script = os.path.join(support.VAR, "app", "share", "bash-completion", "completions", "vendasctl")
    words = line.split(" ")
    array = " ".join(f"'{word}'" for word in words)
    result = subprocess.run(
        ["bash", "-c", f"source {script}; COMP_WORDS=({array}); COMP_CWORD={len(words) - 1};"
         " _vendasctl; printf '%s\\n' \"${COMPREPLY[@]}\""],
        capture_output=True, text=True, check=True)
    assert expected <= set(result.stdout.split()), result
    if not line.endswith(" "):
        assert set(result.stdout.split()) == expected


def test_help_and_version_are_no_mistakes():
    assert run("--help").returncode == run("--version").returncode == 0
    assert re.fullmatch(r"vendasctl \d+\.\d+\.\d+\n", run("--version").stdout)
