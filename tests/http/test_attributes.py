"""Attributes with a type, and the categories that ask for them."""
import uuid
from urllib.parse import quote

import pytest

import support
from support import assert_problem, product_body


@pytest.fixture(scope="module")
def define(admin):
    """define(type="text", **fields): the name of a new attribute."""
    def make(kind="text", **fields):
        name = support.unique("atributo")
        answer = admin.put(f"/v1/attributes/{name}", {"label": "Atributo", "type": kind, **fields})
        assert answer.status_code == 201, answer.text
        return name
    return make


@pytest.fixture(scope="module")
def asking(admin):
    """asking(*names, required=True, **fields): a new category that asks for these attributes."""
    def make(*names, required=True, **fields):
        category = admin.post("/v1/categories", {"name": support.unique("Casa"), **fields}).json()
        answer = admin.put(f"/v1/categories/{category['id']}/attributes", {
            "attributes": [{"name": name, "required": required} for name in names]})
        assert answer.status_code == 200, answer.text
        return answer.json()
    return make


@pytest.fixture(scope="module", autouse=True)
def values_fit():
    """After all tests, whatever they did."""
    yield
    assert support.rows("SELECT * FROM products.category_integrity") == []


def errors(answer, status=422):
    return {(e["pointer"], e["code"]) for e in assert_problem(answer, status)["errors"]}


# Definitions ----------------------------------------------------------------------------------

def test_an_attribute_is_defined_read_and_defined_anew(admin, anyone):
    name = f"tensão {uuid.uuid4().hex[:8]}"
    path = f"/v1/attributes/{quote(name)}"
    body = {"label": "Tensão", "label_en": "Voltage", "type": "choice", "choices": ["127 V", "220 V"],
            "filterable": True, "position": 3}
    answer = admin.put(path, body)
    assert (answer.status_code, answer.headers["Location"]) == (201, path)
    assert answer.json().items() >= {"name": name, "unit": None, **body}.items()
    assert anyone.get(path).json() == answer.json()
    answer = admin.put(path, {"label": "Potência", "type": "number", "unit": "W"})
    assert answer.status_code == 200
    assert answer.json().items() >= {"label_en": None, "type": "number", "unit": "W", "choices": [],
                                     "filterable": False, "position": 0}.items()
    assert admin.delete(path).status_code == 204
    assert_problem(anyone.get(path), 404, "not_found")
    assert_problem(admin.delete(path), 404, "not_found")


def test_attributes_come_by_position_then_by_name(anyone, define):
    made = [define(position=position) for position in (4, 3, 3)]
    listed = [a["name"] for a in anyone.get("/v1/attributes").json()["data"] if a["name"] in made]
    assert listed == [*sorted(made[1:]), made[0]]


@pytest.mark.parametrize("fields, fault", [
    ({"label": ""}, ("/label", "required")), ({"label": None}, ("/label", "not_null")),
    ({"type": "date"}, ("/type", "not_choice")), ({"type": None}, ("/type", "not_null")),
    ({"unit": "W"}, ("/unit", "not_for_attribute_type")),
    ({"choices": ["a"]}, ("/choices", "not_for_attribute_type")),
    ({"type": "choice"}, ("/choices", "required")),
    ({"type": "choice", "choices": []}, ("/choices", "required")),
    ({"type": "choice", "choices": [1]}, ("/choices/0", "not_text")),
    ({"filterable": 1}, ("/filterable", "not_boolean")), ({"name": "x"}, ("/name", "unknown_field"))])
def test_a_faulty_definition_is_refused_by_its_field(admin, fields, fault):
    answer = admin.put(f"/v1/attributes/{support.unique('atributo')}",
                       {"label": "Atributo", "type": "text", **fields})
    assert errors(answer) == {fault}


@pytest.mark.parametrize("name", ["x" * 61, "a~b", "%20", "a%0Ab"])
def test_a_name_that_can_be_none_is_refused(admin, anyone, name):
    answer = admin.put(f"/v1/attributes/{name}", {"label": "Atributo", "type": "text"})
    assert {pointer for pointer, _ in errors(answer)} == {"/name"}
    assert_problem(anyone.get(f"/v1/attributes/{name}"), 404, "not_found")


def test_an_accent_is_the_same_however_it_is_written(admin, anyone):
    mark = support.unique()
    composed, split = f"ac\u0327a\u0303o {mark}", f"a\u00e7\u00e3o {mark}"
    assert admin.put(f"/v1/attributes/{quote(composed)}", {
        "label": "Ação", "type": "number"}).json()["name"] == split
    assert anyone.get(f"/v1/attributes/{quote(split)}").status_code == 200
    answer = admin.post("/v1/products", product_body(attributes={composed: "x"}))
    assert errors(answer) == {(f"/attributes/{split}", "not_number")}


def test_a_definition_is_changed_from_the_version_that_was_read(admin, define):
    path = f"/v1/attributes/{define()}"
    old = {"If-Match": admin.get(path).headers["ETag"]}
    body = {"label": "Outro", "type": "text"}
    assert admin.put(path, body, headers=old).status_code == 200
    assert_problem(admin.put(path, body, headers=old), 412, "lost_update")
    assert_problem(admin.delete(path, headers=old), 412, "lost_update")


def test_only_those_with_the_permission_define(anyone, customer, define):
    body = {"label": "Atributo", "type": "text"}
    assert_problem(anyone.put("/v1/attributes/x", body), 401, "unauthorized")
    assert_problem(customer.put("/v1/attributes/x", body), 403, "forbidden")
    assert_problem(customer.delete(f"/v1/attributes/{define()}"), 403, "forbidden")


# Values ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind, good, bad", [
    ("text", ["azul", ""], [1, True]), ("number", [0, -1.5, 10 ** 12], ["1", True]),
    ("boolean", [True, False], ["true", 1]), ("choice", ["P", "M"], ["G", "", 1, "p"])])
def test_a_value_is_of_its_attribute_s_type(admin, define, kind, good, bad):
    name = define(kind, **({"choices": ["P", "M"]} if kind == "choice" else {}))
    for value in good:
        answer = admin.post("/v1/products", product_body(attributes={name: value}))
        assert answer.status_code == 201, answer.text
        assert answer.json()["attributes"] == {name: value}
    product = f"/v1/products/{answer.json()['id']}"
    for value in bad:
        fault = {(f"/attributes/{name}", f"not_{kind}")}
        assert errors(admin.post("/v1/products", product_body(attributes={name: value}))) == fault
        assert errors(admin.patch(product, {"attributes": {name: value}})) == fault


def test_every_value_that_does_not_fit_is_told_at_once(admin, define):
    number, choice = define("number"), define("choice", choices=["P", "M"])
    answer = admin.post("/v1/products", product_body(
        attributes={number: "x", choice: "G", support.unique("livre"): "x"}))
    assert errors(answer) == {(f"/attributes/{number}", "not_number"),
                              (f"/attributes/{choice}", "not_choice")}
    assert "P, M" in answer.text


def test_what_nobody_defined_may_hold_anything(admin):
    name = support.unique("livre")
    for value in ("x", 1, 1.5, True):
        assert admin.post("/v1/products", product_body(
            attributes={name: value})).status_code == 201


def test_a_type_that_does_not_fit_what_products_hold_is_refused_with_an_example(admin):
    name = support.unique("atributo")
    made = [admin.post("/v1/products", product_body(attributes={name: value})).json()["id"]
            for value in ("600 W", 900, "750 W")]
    path = f"/v1/attributes/{name}"
    problem = assert_problem(admin.put(path, {"label": "Potência", "type": "number"}), 409,
                             "attribute_values_unfit")
    assert problem["products"] == 2
    assert problem["example"] == {"product_id": made[0], "value": "600 W"}
    assert_problem(admin.put(path, {"label": "Potência", "type": "choice", "choices": ["750 W"]}),
                   409, "attribute_values_unfit")
    for product in (made[0], made[2]):
        admin.patch(f"/v1/products/{product}", {"attributes": {name: 600}})
    assert admin.put(path, {"label": "Potência", "type": "number"}).status_code == 201


def test_a_choice_that_products_have_made_stays(admin, define):
    name = define("choice", choices=["P", "M"])
    admin.post("/v1/products", product_body(attributes={name: "M"}))
    body = {"label": "Tamanho", "type": "choice"}
    assert_problem(admin.put(f"/v1/attributes/{name}", {**body, "choices": ["P"]}), 409,
                   "attribute_values_unfit")
    assert admin.put(f"/v1/attributes/{name}", {**body, "choices": ["M", "G"]}).status_code == 200


def test_no_value_slips_in_while_its_type_changes(admin):
    token = {"Authorization": f"Bearer {admin.token}"}
    for _ in range(5):
        name = support.unique("atributo")
        answers = support.at_once(
            lambda: support.Client().put(f"/v1/attributes/{name}", {
                "label": "Atributo", "type": "number"}, headers=token),
            *[lambda: support.Client().post("/v1/products", product_body(
                attributes={name: "x"}), headers=token) for _ in range(3)])
        statuses = [answer.status_code for answer in answers]
        assert statuses[0] == 409 and 201 in statuses or statuses == [201, 422, 422, 422]


def test_a_service_can_not_write_past_the_types(define):
    name = define("number")
    sql = ("INSERT INTO products.products (slug, name, price, currency, attributes)"
           f" VALUES ('{name}', 'x', 1, 'BRL', '{{\"{name}\": \"x\"}}')")
    with pytest.raises(AssertionError, match="validation_failed"):
        support.rows(sql)


def test_ten_thousand_products_are_checked_in_a_moment(define):
    names = [define("number"), define("choice", choices=["P", "M"]), define("boolean")]
    values = f"'{{\"{names[0]}\": 1, \"{names[1]}\": \"P\", \"{names[2]}\": true}}'"
    insert = ("EXPLAIN (ANALYZE, COSTS OFF, SUMMARY OFF)"
              " INSERT INTO products.products (slug, name, price, currency, attributes)"
              f" SELECT '{names[0]}-' || n, 'x', 1, 'BRL', {values} FROM generate_series(1, 10000) AS n")
    plan = support.rows(f"BEGIN; {insert}; ROLLBACK")
    spent = [float(line[0].split("time=")[1].split()[0]) for line in plan
             if line[0].startswith("Trigger products_attributes_fit_new")]
    assert len(spent) == 1 and spent[0] < 1500, plan


# What categories ask for ----------------------------------------------------------------------

def test_a_category_shows_what_it_and_those_above_ask_for(admin, anyone, define, asking):
    shared, own = define("number", unit="W", position=1), define(position=2)
    top = asking(shared, required=False)
    below = asking(own, parent_id=top["id"])
    assert [(a["name"], a["required"], a["category_id"]) for a in below["attributes"]] == [
        (shared, False, top["id"]), (own, True, below["id"])]
    assert below["attributes"][0].items() >= {
        "label": "Atributo", "type": "number", "unit": "W", "filterable": False}.items()
    answer = admin.put(f"/v1/categories/{below['id']}/attributes", {
        "attributes": [{"name": shared, "required": True}]})
    assert [(a["name"], a["required"], a["category_id"]) for a in answer.json()["attributes"]] == [
        (shared, True, below["id"])]
    assert anyone.get(f"/v1/categories/{top['id']}").json()["attributes"][0]["required"] is False
    admin.patch(f"/v1/categories/{below['id']}", {"parent_id": None})
    assert [a["name"] for a in anyone.get(f"/v1/categories/{below['id']}").json()["attributes"]] == [
        shared]


def test_what_is_asked_for_is_changed_from_the_version_that_was_read(admin, define, asking):
    path = f"/v1/categories/{asking(define())['id']}"
    old = {"If-Match": admin.get(path).headers["ETag"]}
    body = {"attributes": []}
    assert admin.put(f"{path}/attributes", body, headers=old).json()["attributes"] == []
    assert_problem(admin.put(f"{path}/attributes", body, headers=old), 412, "lost_update")


@pytest.mark.parametrize("body, fault", [
    ({}, ("/attributes", "required")), ({"attributes": ["x"]}, ("/attributes/0", "not_object")),
    ({"attributes": [{"required": True}]}, ("/attributes/0/name", "required")),
    ({"attributes": [{"name": "no-such-attribute"}]}, ("/attributes/0/name", "unknown_attribute"))])
def test_what_can_not_be_asked_for_is_refused(admin, asking, body, fault):
    assert errors(admin.put(f"/v1/categories/{asking()['id']}/attributes", body)) == {fault}


def test_a_product_is_not_put_up_for_sale_without_what_its_categories_ask_for(admin, define, asking):
    first, second, optional = define(), define("boolean"), define()
    top = asking(first)
    low = asking(second, parent_id=top["id"])
    asking(optional, required=False, parent_id=low["id"])
    both = {(f"/attributes/{first}", "attribute_required"),
            (f"/attributes/{second}", "attribute_required")}
    body = product_body(category_ids=[low["id"]])
    assert errors(admin.post("/v1/products", body)) == both
    assert errors(admin.post("/v1/products", {**body, "attributes": {first: "", second: False}})) == {
        (f"/attributes/{first}", "attribute_required")}
    draft = admin.post("/v1/products", {**body, "status": "draft"})
    product = f"/v1/products/{draft.json()['id']}"
    assert errors(admin.patch(product, {"status": "active"})) == both
    full = {first: "x", second: False}
    assert admin.patch(product, {"status": "active", "attributes": full}).status_code == 200
    assert errors(admin.patch(product, {"attributes": {}})) == both
    assert admin.patch(product, {"category_ids": [], "attributes": {}}).status_code == 200
    assert errors(admin.patch(product, {"category_ids": [low["id"]]})) == both


def test_what_a_category_asks_for_later_hinders_no_other_edit(admin, define, make_product):
    category = admin.post("/v1/categories", {"name": support.unique("Casa")}).json()
    product = f"/v1/products/{make_product(stock=0, category_ids=[category['id']])['id']}"
    name = define()
    admin.put(f"/v1/categories/{category['id']}/attributes", {
        "attributes": [{"name": name, "required": True}]})
    assert admin.patch(product, {"price": 700}).status_code == 200
    assert errors(admin.patch(product, {"attributes": {"x": 1}})) == {
        (f"/attributes/{name}", "attribute_required")}


def test_what_is_collected_is_not_held_to_what_a_category_asks_for(make_account, define, asking):
    category = asking(define(), slug=support.unique("coleta"))
    report = make_account("products:ingest").post("/v1/ingest", [{
        "source": category["slug"], "source_id": "1", "name": "Bule", "price": 1, "currency": "BRL",
        "category": category["slug"]}]).json()
    assert report["counts"]["created"] == 1, report


def test_an_attribute_goes_when_no_category_asks_for_it(admin, anyone, define, asking):
    name = define("number")
    category = asking(name)
    product = admin.post("/v1/products", product_body(attributes={name: 7})).json()
    problem = assert_problem(admin.delete(f"/v1/attributes/{name}"), 409, "attribute_in_use")
    assert problem["categories"] == [category["slug"]]
    admin.put(f"/v1/categories/{category['id']}/attributes", {"attributes": []})
    assert admin.delete(f"/v1/attributes/{name}").status_code == 204
    product = admin.get(f"/v1/products/{product['id']}").json()
    assert product["attributes"] == {name: 7}
    assert admin.patch(f"/v1/products/{product['id']}", {
        "attributes": {name: "sete"}}).status_code == 200


def test_what_is_done_to_attributes_is_audited(admin, make_user):
    manager, name = make_user("manager"), support.unique("atributo")
    for label in ("Cor", "Tom"):
        manager.put(f"/v1/attributes/{name}", {"label": label, "type": "text"})
    manager.delete(f"/v1/attributes/{name}")
    acts = admin.get("/v1/audit", params={"actor": manager.id}).json()["data"][::-1]
    assert [act["action"] for act in acts] == [
        "attribute.created", "attribute.changed", "attribute.deleted"]
    assert (acts[1]["before"]["label"], acts[1]["after"]) == (
        "Cor", {"name": name, "label": "Tom", "type": "text"})
