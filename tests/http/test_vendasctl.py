"""vendasctl: the shop from a shell, for people and for programs."""
import json
import os
import re
import shutil
import subprocess
import uuid

import pytest

import contract
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


def sku_of(product):
    return product["variants"][0]["sku"]


def listed(ctl, *filters):
    return [o["id"] for o in json.loads(ctl("orders", "list", "--json", *filters))["data"]]


def test_orders_are_found_by_all_that_the_api_has(ctl, make_product, place_order, begin_payment):
    name = f"Zulmira {support.word().capitalize()}"
    buyer = support.register(name=name)
    cheap, dear = make_product(price=1990), make_product(price=15090)
    few, much = place_order(buyer, cheap), place_order(buyer, dear)
    begin_payment(buyer, much)
    me = few["customer"]["id"]
    total = f"{few['totals']['total'] // 100}.{few['totals']['total'] % 100:02}"
    for filters, found in [
            (["--customer", me], [much, few]),
            (["--customer", name.lower()], [much, few]),
            (["--text", name], [much, few]),
            (["--text", str(few["number"])], [few]),
            (["--product", cheap["id"]], [few]),
            (["--product", sku_of(dear)], [much]),
            (["--customer", me, "--max-total", total], [few]),
            (["--customer", me, "--min-total", total.replace(".", ",")], [much, few]),
            (["--customer", me, "--min-total", "150"], [much]),
            (["--customer", me, "--gateway", "manual"], [much]),
            (["--customer", me, "--status", "pending,paid"], [much, few]),
            (["--customer", me, "--status", "paid"], []),
            (["--customer", me, "--from", few["created_at"], "--to", much["created_at"]], [few]),
            (["--customer", me, "--to", "2020-01-01"], []),
            (["--customer", me, "--from", "2020-01-01", "--limit", "1"], [much])]:
        assert listed(ctl, *filters) == [order["id"] for order in found], filters


def test_orders_that_can_be_sent_are_listed(ctl, make_product, place_order, pay):
    buyer = support.register()
    there = make_product()
    ahead = make_product(stock=0, sell_ahead={"pieces": 5, "days": 3})
    ready, waiting = place_order(buyer, there), place_order(buyer, ahead)
    pay(buyer, waiting)
    me = ready["customer"]["id"]
    assert listed(ctl, "--customer", me) == [waiting["id"], ready["id"]]
    assert listed(ctl, "--customer", me, "--ready") == [ready["id"]]
    assert listed(ctl, "--customer", me, "--ready", "--status", "paid") == []
    ctl("stock", "receive", sku_of(ahead), "1")
    assert support.run_job("webhooks").returncode == 0
    assert listed(ctl, "--customer", me, "--ready", "--status", "paid") == [waiting["id"]]
    assert "all has come, can be sent" in ctl("orders", "show", waiting["id"])


def test_times_are_the_callers_own(account, make_product, place_order):
    order = place_order(support.register(), make_product())
    support.rows("UPDATE sales.orders SET created_at = '2019-06-01T02:30:00Z'"
                 f" WHERE id = '{order['id']}'")
    here = {**account, "TZ": "<-03>3"}
    shown = run("orders", "show", order["id"], **here).stdout
    assert "2019-05-31 23:30" in shown
    for day, found in (("2019-05-31", [order["id"]]), ("2019-06-01", [])):
        rows = json.loads(run("orders", "list", "--json", "--from", day, "--to", "2019-06-02",
                              "--product", order["items"][0]["product_id"], **here).stdout)
        assert [o["id"] for o in rows["data"]] == found, day


def test_an_order_is_shown_in_full_by_its_number(ctl, admin, customer, make_product, place_order,
                                                 pay):
    code = support.unique("desconto").upper()
    coupon = admin.post("/v1/coupons", {"code": code, "kind": "amount", "value": 500})
    assert coupon.status_code == 201, coupon.text
    product = make_product(price=1990)
    order = place_order(customer, product, 2, coupons=[code])
    pay(customer, order)
    ctl("orders", "ship", order["id"], "--carrier", "Correios", "--tracking", "AA123456785BR")
    answer = admin.post(f"/v1/orders/{order['id']}/returns", key=True, body={
        "items": [{"variant_id": product["variants"][0]["id"], "quantity": 1}], "restock": True,
        "reason": "arrependimento"})
    assert answer.status_code == 201, answer.text
    for name in (order["id"], str(order["number"]), f"#{order['number']}"):
        shown = ctl("orders", "show", name)
        for text in (str(order["number"]), product["name"], support.ADDRESS["street"], "R$39.80",
                     f"{code} (R$5.00)", "Correios", "AA123456785BR", f"2 x {sku_of(product)}",
                     f"1 x {sku_of(product)}", "arrependimento", "goods returned", "shipped"):
            assert text in shown, (text, shown)
    document = json.loads(ctl("orders", "show", str(order["number"]), "--json"))
    assert document == admin.get(f"/v1/orders/{order['id']}").json()


def test_an_order_is_shipped_and_canceled(ctl, customer, product, place_order, pay):
    order, other = place_order(customer, product, 2), place_order(customer, product)
    pay(customer, order)
    shipped = json.loads(ctl("orders", "ship", order["id"], "--reason", "coleta", "--json"))
    assert shipped["status"] == "shipped" and shipped["history"][-1]["reason"] == "coleta"
    canceled = json.loads(ctl("orders", "cancel", str(other["number"]), "--json"))
    assert canceled["status"] == "canceled"


def test_an_order_leaves_in_parcels_which_arrive_one_by_one(ctl, customer, product, place_order,
                                                            pay):
    order = place_order(customer, product, 3)
    pay(customer, order)
    number, sku = str(order["number"]), sku_of(product)
    for _ in range(2):  # the same key once more: no second parcel
        part = json.loads(ctl("orders", "ship", number, "--carrier", "Correios", "--tracking", "A1",
                              "--items", f"{sku}=2", "--key", f"k-{number}", "--json"))
        assert (part["status"], len(part["shipments"])) == ("paid", 1)
    assert part["shipped_items"][0]["quantity"] == 2
    shown = ctl("orders", "ship", number, "--carrier", "Jadlog", "--tracking", "B2")
    assert f"1 x {sku}" in shown and "B2" in shown
    half = json.loads(ctl("orders", "deliver", number, "--tracking", "A1", "--json"))
    assert half["status"] == "shipped"
    assert [bool(p["delivered_at"]) for p in half["shipments"]] == [True, False]
    whole = json.loads(ctl("orders", "deliver", number, "--reason", "na portaria", "--json"))
    assert whole["status"] == "delivered" and whole["history"][-1]["reason"] == "na portaria"


def test_who_may_not_read_orders_can_ship_them_by_id(make_account, account, customer, product,
                                                     place_order, pay):
    credentials = make_account("orders:write").credentials
    packer = {**account, "VENDASCTL_CLIENT_ID": credentials["client_id"],
              "VENDASCTL_CLIENT_SECRET": credentials["client_secret"]}
    order = place_order(customer, product)
    pay(customer, order)
    assert run("orders", "ship", order["id"], **packer).returncode == 0
    assert run("orders", "deliver", order["id"], **packer).returncode == 0


def test_stock_is_received_shown_and_found_low(ctl, make_product):
    product = make_product(stock=1)
    variant = product["variants"][0]["id"]
    key = str(uuid.uuid4())
    for _ in range(2):  # the same key once more: nothing more arrives
        level = json.loads(ctl("stock", "receive", variant, "3", "--key", key, "--reason", "NF 12",
                               "--json"))
        assert level["on_hand"] == 4
    shown = re.split(r"  +", ctl("stock", "show", variant).splitlines()[1])
    assert shown == [sku_of(product), product["name"], "4", "0", "4"]
    assert json.loads(ctl("--json", "stock", "show", variant))["movements"][0]["reason"] == "NF 12"
    assert sku_of(product) in ctl("stock", "low", "--max", "4", "--all")
    assert sku_of(product) not in ctl("stock", "low", "--max", "3", "--all")


def test_what_is_low_is_what_the_shop_says_is_low(ctl, admin, make_product):
    few, many = make_product(stock=8), make_product(stock=8)
    for product, below in ((few, 9), (many, 8)):
        answer = admin.patch(f"/v1/stock/{product['variants'][0]['id']}", {"low_below": below})
        assert answer.status_code == 200, answer.text
    heading, *low = [re.split(r"  +", line) for line in ctl("stock", "low", "--all").splitlines()]
    assert heading[:2] == ["SKU", "Name"]
    assert [sku_of(few), few["name"]] in [line[:2] for line in low]
    assert sku_of(many) not in [line[0] for line in low]
    listed = json.loads(ctl("stock", "low", "--all", "--json"))["data"]
    assert few["variants"][0]["id"] in [level["variant_id"] for level in listed]


def test_stock_is_kept_by_sku_of_what_is_not_for_sale_yet(ctl, make_account, account, make_product):
    product = make_product(stock=0, status="draft")
    level = json.loads(ctl("stock", "receive", sku_of(product), "2", "--json"))
    assert (level["variant_id"], level["on_hand"]) == (product["variants"][0]["id"], 2)
    assert sku_of(product) in ctl("stock", "show", sku_of(product))
    credentials = make_account("stock:write").credentials
    clerk = {**account, "VENDASCTL_CLIENT_ID": credentials["client_id"],
             "VENDASCTL_CLIENT_SECRET": credentials["client_secret"]}
    for named, status in ((sku_of(product), 1), (product["variants"][0]["id"], 0),
                          (sku_of(make_product()), 0)):
        assert run("stock", "receive", named, "1", **clerk).returncode == status


def test_stock_is_kept_by_sku_in_locations(ctl, admin, make_product):
    place = support.unique("loja")
    assert admin.put(f"/v1/stock/locations/{place}", {
        "name": "Loja do centro", "position": 7}).status_code == 201
    product = make_product(stock=2)
    variant, sku = product["variants"][0]["id"], sku_of(product)
    assert json.loads(ctl("stock", "receive", sku, "5", "--location", place, "--json"))["on_hand"] == 7
    ctl("stock", "transfer", sku, "1", "--from", place, "--to", "main", "--reason", "vitrine")
    assert json.loads(ctl("stock", "count", sku, "3", "--location", place, "--json"))["on_hand"] == 6
    assert [line.split() for line in ctl("stock", "show", sku).splitlines()] == [
        ["SKU", "Name", "On", "hand", "Reserved", "Available"],
        [sku, *product["name"].split(), "6", "0", "6"], [],
        ["Location", "On", "hand", "Reserved", "Available"], ["main", "3", "0", "3"],
        [place, "3", "0", "3"]]
    moves = json.loads(ctl("stock", "history", variant, "--json", "--all"))["data"]
    assert [(m["kind"], m["location"], m["on_hand"]) for m in moves[:1] + moves[-2:]] == [
        ("count", place, -1), ("receive", place, 5), ("receive", "main", 2)]
    assert {m["kind"] for m in moves} == {"count", "transfer", "receive"}
    table = ctl("stock", "history", sku, "--limit", "3")
    assert len(table.splitlines()) == 4 and "vitrine" in table
    assert [line.split()[:2] for line in ctl("stock", "locations").splitlines()
            if place in line] == [["7", place]]


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


def test_what_is_not_there_is_told_with_status_1(account, customer, product, place_order, pay):
    order = place_order(customer, product)
    pay(customer, order)
    for arguments, named in [
            (["orders", "show", "#999999999"], "#999999999"),
            (["stock", "show", "NO-SUCH-SKU"], "NO-SUCH-SKU"),
            (["orders", "list", "--product", "NO-SUCH-SKU"], "NO-SUCH-SKU"),
            (["orders", "ship", order["id"], "--carrier", "X", "--items", "NO-SUCH-SKU=1"],
             "NO-SUCH-SKU"),
            (["orders", "ship", order["id"], "--items", f"{sku_of(product)}=1"], "/carrier"),
            (["orders", "deliver", order["id"], "--tracking", "C3"], "C3"),
            (["stock", "transfer", NOTHING, "1", "--from", "main"], "/to")]:
        result = run(*arguments, **account)
        assert (result.returncode, result.stdout) == (1, ""), result
        assert named in result.stderr


@pytest.mark.parametrize("arguments", [
    [], ["orders"], ["orders", "eat"], ["orders", "show"], ["orders", "show", "x"],
    ["orders", "list", "x"], ["stock", "receive", NOTHING, "0"], ["stock", "receive", NOTHING, "x"],
    ["orders", "list", "--limit", "101"], ["--colour", "orders", "list"],
    ["stock", "low", "--max", "-1"], ["orders", "show", "#"], ["orders", "show", "12x"],
    ["orders", "list", "--from", "yesterday"], ["orders", "list", "--min-total", "1.999"],
    ["orders", "list", "--max-total", "x"], ["stock", "count", NOTHING, "-1"],
    ["orders", "list", "--max", "3"], ["stock", "show", NOTHING, "--carrier", "Correios"],
    ["orders", "ship", NOTHING, "--max-total", "3"]])
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
    file.write_text(f"  # the shop\n\n url = {account['VENDASCTL_URL']}\t\r\n"
                    f"client_id\t=  {account['VENDASCTL_CLIENT_ID']}\n"
                    f"client_secret ={account['VENDASCTL_CLIENT_SECRET']} ")
    blanks = run("orders", "list", XDG_CONFIG_HOME=str(tmp_path))
    assert blanks.returncode == 0, blanks.stderr
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
    assert "não se usa" in run("orders", "list", "--max", "1", **{
        **account, "LC_ALL": "pt_BR.UTF-8"}).stderr


# What comes with it ---------------------------------------------------------------------------

def usages():
    """{(group, command): usage} as --help has them."""
    found = re.findall(r"^  (\w+) ([\w-]+) (.*)$", run("--help").stdout, re.MULTILINE)
    return {(group, name): usage for group, name, usage in found}


def test_the_manual_names_every_command_and_option():
    with open(MANUAL, encoding="utf-8") as file:
        manual = re.sub(r"\\f[BIR]", "", file.read().replace("\\-", "-"))
    assert len(usages()) == 20
    for (group, name), usage in usages().items():
        assert f"{group} {name} {usage}".strip() in manual
        for option in re.findall(r"--[a-z-]+", usage):
            assert re.search(rf"^\.[BIR]+ .*{option}(?![a-z-])", manual, re.MULTILINE), option
    warnings = subprocess.run(["man", "--warnings", "-l", "-Tutf8", MANUAL], capture_output=True,
                              text=True, check=False) if os.path.exists("/usr/bin/man") else None
    assert warnings is None or warnings.stderr == ""


SHARE = os.path.join(support.VAR, "app", "share")
# Each with the words of a line as its arguments: writes what the script that comes with vendasctl
# offers for the last one. Of zsh the shell's own choice among it by what was typed is left out.
SHELLS = {
    "bash": ["bash", "-c", f"""source {SHARE}/bash-completion/completions/vendasctl
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _vendasctl; printf '%s\\n' "${{COMPREPLY[@]}}" """],
    "zsh": ["zsh", "-f", "-c", f"""words=("$@") CURRENT=$#; _default() {{ }}
        compadd() {{ shift; print -l -- "$@"; [[ $# -gt 0 ]] }}
        source {SHARE}/zsh/site-functions/_vendasctl"""],
}


def completed(line, shell="bash"):
    """What a shell completes a line with."""
    if shell == "zsh" and not shutil.which("zsh"):
        pytest.skip("this host has no zsh")
    words = re.findall(r"'[^']*'|[^ ]+|(?<= )$", line)
    result = subprocess.run(
        [*SHELLS[shell], shell, *words],
        env={"PATH": f"{os.path.dirname(VENDASCTL)}:{os.environ['PATH']}",
             "HOME": os.path.dirname(VENDASCTL)},
        capture_output=True, text=True, check=False)
    assert result.stderr == ""
    return {word for word in result.stdout.split() if word.startswith(words[-1])}


@pytest.mark.parametrize("line, expected", [
    ("vendasctl --st", set()), ("vendasctl orders s", {"show", "ship"}),
    ("vendasctl --url http://127.0.0.1 stock re", {"receive"}),
    ("vendasctl --json orders list --st", {"--status"}),
    ("vendasctl orders list --status pa", {"paid", "partially_refunded"}),
    ("vendasctl orders ship 1042 --carrier Correios --", {
        "--carrier", "--tracking", "--items", "--key", "--reason", "--json", "--url", "--client-id",
        "--config", "--help", "--version"}),
    ("vendasctl gateways verify-webhook paypal --c", {"--cert-file", "--ca-file", "--client-id",
                                                      "--config"}),
    ("vendasctl stock low --m", {"--max"}), ("vendasctl orders show 1042 --reason ", set())])
@pytest.mark.parametrize("shell", SHELLS)
def test_shells_complete_it(shell, line, expected):
    assert completed(line, shell) == expected


def test_zsh_completes_words_as_they_were_typed():
    assert completed("~/vendasctl --config '/etc/my shop' stock receive A 1 --reason 'NF 12' --lo",
                     "zsh") == {"--location"}


def test_every_command_and_status_is_completed():
    groups = {"orders", "payments", "stock", "gateways"}
    assert groups <= completed("vendasctl ")
    for group in groups:
        assert completed(f"vendasctl {group} ") >= {n for g, n in usages() if g == group}
    statuses = contract.RAW["components"]["schemas"]["OrderStatus"]["enum"]
    assert completed("vendasctl orders list --status ") == set(statuses)


def test_help_and_version_are_no_mistakes():
    assert run("--help").returncode == run("--version").returncode == 0
    assert re.fullmatch(r"vendasctl \d+\.\d+\.\d+\n", run("--version").stdout)
