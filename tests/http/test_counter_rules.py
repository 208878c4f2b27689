"""Rules of freight and taxes: set up by staff, and what quotes make of them."""
import json
import os
import re

import pytest

import support
from test_cgi import cgi
from test_quotes import line, POSTAL_CODES, quote_of


@pytest.fixture
def make_rule(admin):
    """make_rule(path, **fields): a rule, gone after the test."""
    made = []

    def make(path, **fields):
        answer = admin.post(path, fields)
        assert answer.status_code == 201, answer.text
        made.append(answer.headers["Location"])
        return answer.json()
    yield make
    for path in made:
        assert admin.delete(path).status_code in (204, 404)


@pytest.fixture
def carry(make_rule):
    """carry(service=None, **fields): a rule of a service, a new one at first."""
    def make(service=None, **fields):
        return make_rule("/v1/freight-rules", **{
            "service": service or support.unique("f"), "name": "Teste", "base": 100, "days": 1,
            "states": ["SP"], **fields})
    return make


@pytest.fixture
def tax(make_rule):
    def make(rate_bp, included=True, **fields):
        return make_rule("/v1/tax-rules", **{
            "code": support.unique("T"), "state": "RR", "valid_from": "2020-01-01",
            "rate_bp": rate_bp, "included": included, **fields})
    with support.untaxed("RR"):
        yield make


def audited(rule):
    return [row[0] for row in support.rows(
        f"SELECT action FROM registry.audit WHERE subject = '{rule['id']}' ORDER BY id")]


# Freight -------------------------------------------------------------------------------------

def test_a_freight_rule_is_made_read_changed_and_deleted(admin, carry):
    rule = carry(cubic_divisor=6000, free_above=5000)
    assert (rule["per_kg"], rule["value_bp"], rule["cep_from"]) == (0, 0, None)
    path = f"/v1/freight-rules/{rule['id']}"
    answer = admin.patch(path, {"free_above": None, "days": 9})
    assert (answer.json()["free_above"], answer.json()["days"]) == (None, 9)
    listed = admin.get(f"/v1/freight-rules?service={rule['service']}").json()["data"]
    assert listed == [answer.json()]
    assert admin.delete(path).status_code == 204
    support.assert_problem(admin.get(path), 404, "not_found")
    assert audited(rule) == ["freight_rule.created", "freight_rule.changed",
                             "freight_rule.deleted"]


@pytest.mark.parametrize("fields, pointer", [
    ({"states": []}, "/states"),
    ({"cep_from": "01000-000"}, "/cep_to"),
    ({"cep_from": "02000-000", "cep_to": "01000-000"}, "/cep_to"),
    ({"cubic_divisor": 1}, "/cubic_divisor"),
    ({"service": "Sedex 10"}, "/service"),
    ({"states": ["XX"]}, "/states/0"),
])
def test_a_freight_rule_that_makes_no_sense_is_refused_by_pointer(admin, fields, pointer):
    body = {"service": "s", "name": "S", "base": 1, "days": 1, "states": ["SP"], **fields}
    support.assert_problem(admin.post("/v1/freight-rules", body), 422, "validation_failed", pointer)


def test_a_rule_for_postal_codes_goes_before_that_of_its_state(anyone, product, carry):
    service = carry(base=1000)["service"]
    carry(service, states=[], cep_from="01000-000", cep_to="01999-999", base=300)
    carry(service, states=[], cep_from="01310-000", cep_to="01310-999", base=200)
    cost = {code: anyone.post("/v1/quotes", {
        "items": [line(product)], "postal_code": code, "freight_service": service,
    }).json()["totals"]["freight"] for code in ("01310-100", "01001-000", "05508-000")}
    assert cost == {"01310-100": 200, "01001-000": 300, "05508-000": 1000}


def test_a_rule_for_postal_codes_goes_nowhere_else(anyone, product, carry):
    service = carry(states=[], cep_from="01000-000", cep_to="01999-999")["service"]
    answer = anyone.post("/v1/quotes", {
        "items": [line(product)], "postal_code": POSTAL_CODES["AM"], "freight_service": service})
    support.assert_problem(answer, 422, "validation_failed", "/freight_service")


def test_bands_of_weight_are_rules_of_one_service(anyone, make_product, carry):
    service = carry(base=100, max_weight_g=1000)["service"]
    carry(service, base=250, max_weight_g=5000)
    light = make_product(weight_g=600)
    cost = [quote_of(anyone, line(light, n), freight_service=service)["totals"]["freight"]
            for n in (1, 2, 8)]
    assert cost == [100, 250, 250]
    answer = anyone.post("/v1/quotes", {
        "items": [line(light, 9)], "postal_code": POSTAL_CODES["SP"], "freight_service": service})
    support.assert_problem(answer, 422, "validation_failed", "/freight_service")


def test_volume_and_value_count_where_a_rule_says_so(anyone, make_product, carry):
    bulky = make_product(price=10_000, weight_g=500, width_mm=400, height_mm=300,
                         length_mm=200)
    service = carry(base=0, per_kg=100, cubic_divisor=6000, value_bp=50)["service"]
    # 24 litres are billed as 4 kg; half a percent of 100,00.
    cost = [quote_of(anyone, line(bulky, n), freight_service=service)["totals"]["freight"]
            for n in (1, 2)]
    assert cost == [400 + 50, 800 + 100]


# Taxes ---------------------------------------------------------------------------------------

def test_a_tax_rule_is_made_read_changed_and_deleted(admin, tax):
    rule = tax(1800, ncm="8516", source="Lei 1")
    assert (rule["base_bp"], rule["origins"], rule["valid_to"]) == (10_000, None, None)
    path = f"/v1/tax-rules/{rule['id']}"
    answer = admin.patch(path, {"valid_to": "2027-01-01", "ncm": None})
    assert (answer.json()["valid_to"], answer.json()["ncm"]) == ("2027-01-01", None)
    assert admin.get(f"/v1/tax-rules?code={rule['code']}").json()["data"] == [answer.json()]
    assert admin.delete(path).status_code == 204
    assert audited(rule) == ["tax_rule.created", "tax_rule.changed", "tax_rule.deleted"]


@pytest.mark.parametrize("fields, pointer", [
    ({"ncm": "85.16"}, "/ncm"),
    ({"valid_to": "2019-01-01"}, "/valid_to"),
    ({"less_code": "X"}, "/less_code"),
    ({"origins": []}, "/origins"),
    ({"base_bp": 10_001}, "/base_bp"),
])
def test_a_tax_rule_that_makes_no_sense_is_refused_by_pointer(admin, fields, pointer):
    body = {"code": "X", "state": "RR", "rate_bp": 1, "included": True,
            "valid_from": "2020-01-01", **fields}
    support.assert_problem(admin.post("/v1/tax-rules", body), 422, "validation_failed", pointer)


def test_a_rule_begins_once_for_the_same_place_and_goods(admin, tax):
    rule = tax(1800)
    again = {"code": rule["code"], "state": "RR", "rate_bp": 1, "included": True,
             "valid_from": "2020-01-01"}
    support.assert_problem(admin.post("/v1/tax-rules", again), 409, "already_exists", "/valid_from")
    other = tax(1, code=rule["code"], ncm="85")
    answer = admin.patch(f"/v1/tax-rules/{other['id']}", {"ncm": None})
    support.assert_problem(answer, 409, "already_exists", "/valid_from")


def test_goods_have_the_rate_of_their_ncm_and_category(admin, anyone, make_product, tax):
    top = admin.post("/v1/categories", {"name": support.unique("Casa")}).json()
    below = admin.post("/v1/categories", {
        "name": support.unique("Copos"), "parent_id": top["id"]}).json()
    code = tax(1800)["code"]
    tax(1200, code=code, category_id=top["id"])
    tax(700, code=code, ncm="8516", base_bp=5000)
    plain, cup = make_product(price=1000), make_product(price=1000, category_ids=[below["id"]])
    kettle = make_product(price=1000, category_ids=[below["id"]], ncm="8516.60.00")
    taxes = quote_of(anyone, line(plain), line(cup), line(kettle), state="RR")["taxes"]
    assert [(t["rate_bp"], t["base"], t["amount"]) for t in taxes] == [
        (1800, 1000, 180), (1200, 1000, 120), (700, 500, 35)]
    assert {t["code"] for t in taxes} == {code}


def test_a_federal_tax_counts_in_every_state(anyone, product, tax):
    code = tax(90, False, state=None)["code"]
    for state in ("RR", "SP"):
        assert code in [t["code"] for t in quote_of(anyone, line(product), state=state)["taxes"]]


def facts(origin, state, product):
    return support.value(
        "SELECT string_agg(t->>'code' || ' ' || (t->>'rate_bp'), ', ' ORDER BY n)"
        f" FROM json_array_elements(sales.pricing_facts('{{{product['variants'][0]['id']}}}',"
        f" '{state}', '01310100', {origin}, current_date, '[]', NULL)->'taxes')"
        " WITH ORDINALITY AS x (t, n)")


@pytest.mark.parametrize("origin, state, rules", [
    ("'SP'", "BA", "DIFAL 2050, ICMS 700, ICMS 2050"),
    ("'SP'", "MG", "DIFAL 1800, ICMS 1200, ICMS 1800"),
    ("'BA'", "MG", "DIFAL 1800, ICMS 1200, ICMS 1800"),
    ("'SP'", "ES", "DIFAL 1700, ICMS 700, ICMS 1700"),
    ("'ES'", "BA", "DIFAL 2050, ICMS 1200, ICMS 2050"),
    ("'BA'", "BA", "DIFAL 2050, ICMS 2050"),
    ("'SP'", "RR", "DIFAL 2000, ICMS 700, ICMS 2000"),
    ("'SP'", "RJ", "DIFAL 2000, FCP 200, ICMS 1200, ICMS 2000"),
    ("NULL", "BA", "DIFAL 2050, ICMS 2050"),
])
def test_interstate_rates_go_by_origin_and_destination(product, origin, state, rules):
    """As the Senate's resolution 22/1989 has them, the first of a code counting."""
    assert facts(origin, state, product) == rules


def test_where_the_shop_sells_from_is_not_said_a_state_s_own_rate_counts(anyone, make_product):
    taxes = quote_of(anyone, line(make_product(price=10_000)), state="DF")["taxes"]
    assert [(t["code"], t["rate_bp"], t["amount"]) for t in taxes] == [("ICMS", 2000, 2000)]


def test_a_sale_to_another_state_bears_the_interstate_rate_and_the_rest_there(make_product):
    body = {"items": [line(make_product(price=10_000))], "postal_code": POSTAL_CODES["DF"]}
    status, _, answer = cgi("sales-quotes", "POST", "/v1/quotes", json.dumps(body).encode(),
                            VENDAS_SHOP_STATE="SP")
    assert status == 200
    assert [(t["code"], t["rate_bp"], t["amount"]) for t in json.loads(answer)["taxes"]] == [
        ("DIFAL", 1300, 1300), ("ICMS", 700, 700)]


# What every shop has from the beginning -------------------------------------------------------

def documented():
    """{UF: (ICMS, FCP, since)} of docs/taxes.md, rates in hundredths of a percent."""
    with open(os.path.join(support.ROOT, "docs", "taxes.md"), encoding="utf-8") as file:
        lines = re.findall(r"^\| ([A-Z]{2}) \| ([\d.]+) \| ([\d.]*) ?\| ([\d-]+) \|", file.read(), re.M)
    return {uf: (round(float(icms) * 100), round(float(fcp or 0) * 100), since)
            for uf, icms, fcp, since in lines}


# A postal code of each state.
CEPS = {"AC": "69900000", "AL": "57000000", "AM": "69000000", "AP": "68900000", "BA": "40000000",
        "CE": "60000000", "DF": "70000000", "ES": "29000000", "GO": "74000000", "MA": "65000000",
        "MG": "30000000", "MS": "79000000", "MT": "78000000", "PA": "66000000", "PB": "58000000",
        "PE": "50000000", "PI": "64000000", "PR": "80000000", "RJ": "20000000", "RN": "59000000",
        "RO": "76800000", "RR": "69300000", "RS": "90000000", "SC": "88000000", "SE": "49000000",
        "SP": "01000000", "TO": "77000000"}
INTERSTATE = {"SP": 0, **dict.fromkeys(["MG", "RJ", "PR", "SC", "RS"], 1200)}


@pytest.mark.parametrize("state", sorted(CEPS))
def test_a_sale_to_every_state_has_its_estimate(make_product, state):
    icms, fcp, _ = documented()[state]
    body = {"items": [line(make_product(price=100_000))], "postal_code": CEPS[state]}
    interstate = INTERSTATE.get(state, 700)
    for origin, expected in [
            ("", {"ICMS": icms, "FCP": fcp}),
            ("SP", {"ICMS": interstate or icms, "DIFAL": interstate and icms - interstate, "FCP": fcp})]:
        status, _, answer = cgi("sales-quotes", "POST", "/v1/quotes", json.dumps(body).encode(),
                                VENDAS_SHOP_STATE=origin)
        assert status == 200
        taxes = json.loads(answer)["taxes"]
        assert {t["code"]: t["rate_bp"] for t in taxes} == {
            code: rate for code, rate in expected.items() if rate}
        assert all(t["included"] and t["estimate"] and t["amount"] == 10 * t["rate_bp"] for t in taxes)


def test_the_table_of_rates_is_what_a_shop_begins_with():
    kept = support.rows("""
        SELECT i.state, i.rate_bp, coalesce(f.rate_bp, 0), i.valid_from
          FROM sales.tax_rules i LEFT JOIN sales.tax_rules f ON f.code = 'FCP' AND f.state = i.state
         WHERE i.code = 'ICMS' AND i.origins IS NULL AND i.valid_to IS NULL AND i.source IS NOT NULL""")
    assert {uf: (int(icms), int(fcp), since) for uf, icms, fcp, since in kept} == documented()
    assert len(documented()) == 27
