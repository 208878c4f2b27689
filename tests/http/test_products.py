"""Products: making, reading and changing them."""
import uuid

import pytest

import support
from support import assert_problem, found, product_body

FOR_STAFF = {"cost", "variant_costs", "locked_fields", "provenance", "sell_ahead"}


# Making and reading --------------------------------------------------------------------------

def test_a_product_comes_back_as_it_was_sent(admin, anyone):
    category = admin.post("/v1/categories", {"name": support.unique("Casa")}).json()
    body = product_body(
        name="Garrafa Térmica 1 L", description="Mantém quente.\n\tE frio.", brand="Ação",
        gtin=support.gtin13(), promotional_price=1500, promotion_starts_at="2026-01-01T00:00:00Z",
        promotion_ends_at="2999-01-01T00:00:00Z", weight_g=450, category_ids=[category["id"]],
        attributes={"cor": "azul", "litros": 1.5, "peças": 2, "tampa": True})
    answer = admin.post("/v1/products", {**body, "sku": support.unique("SKU")})
    assert answer.status_code == 201, answer.text
    product = answer.json()
    shown = {name: product[name] for name in body}
    for name in ("promotion_starts_at", "promotion_ends_at"):
        shown[name] = shown[name].replace(".000Z", "Z")
    assert shown == body
    assert product["status"] == "active" and product["current_price"] == 1500
    assert answer.headers["Location"] == f"/v1/products/{product['id']}"
    shown = {name: value for name, value in product.items() if name not in FOR_STAFF}
    assert anyone.get(answer.headers["Location"]).json() == shown
    assert anyone.get(f"/v1/products/{product['slug']}").json() == shown
    assert anyone.get(f"/v1/products/{product['id'].upper()}").json() == shown


def test_the_least_product_has_a_name_a_price_and_one_variant(admin):
    product = admin.post("/v1/products", product_body()).json()
    assert uuid.UUID(product["id"]).version == 7
    variant, = product["variants"]
    assert (variant["price"], variant["available"], variant["options"]) == (1990, 0, {})
    assert variant["sku"] and not product["in_stock"]


def test_null_says_as_little_as_nothing_in_a_new_product(admin):
    nothing = dict.fromkeys((
        "description", "brand", "gtin", "promotional_price", "promotion_starts_at",
        "promotion_ends_at", "weight_g", "category_ids", "attributes"))
    answer = admin.post("/v1/products", product_body(**nothing))
    assert answer.status_code == 201, answer.text
    assert answer.json()["attributes"] == {} and answer.json()["category_ids"] == []


def test_a_name_that_is_new_is_the_address(admin):
    word = support.unique("ave").replace("-", "")
    product = admin.post("/v1/products", product_body(name=f"  Pão & Açúcar {word}!")).json()
    assert product["slug"] == f"pao-acucar-{word}"


def test_products_of_one_name_have_an_address_each_even_when_made_at_once(admin):
    body, token = product_body(), admin.token
    answers = support.at_once(*[lambda: support.Client().post(
        "/v1/products", body, headers={"Authorization": f"Bearer {token}"}) for _ in range(4)])
    assert [answer.status_code for answer in answers] == [201] * 4
    slugs = {answer.json()["slug"] for answer in answers}
    assert len(slugs) == 4
    assert all(slug.startswith(body["name"].lower()) for slug in slugs)


def test_an_address_that_looks_somewhat_like_an_id_is_found(admin, anyone):
    name = f"abcdefgh ijkl mnop qrst {uuid.uuid4().hex[:12]}"
    product = admin.post("/v1/products", product_body(name=name)).json()
    assert len(product["slug"]) == 36
    assert anyone.get(f"/v1/products/{product['slug']}").json()["id"] == product["id"]


def test_a_name_without_letters_still_has_an_address(admin, anyone):
    product = admin.post("/v1/products", product_body(name="李 🛒")).json()
    assert anyone.get(f"/v1/products/{product['slug']}").json()["id"] == product["id"]


@pytest.mark.parametrize("wanted", [
    "00000000-0000-7000-8000-000000000000", "no-such-thing", "00000000-0000-7000-8000-00000000000x",
    "%FF%FE", "%27", "caf%C3%A9", "a" * 300])
def test_what_is_not_there_is_not_found(anyone, wanted):
    assert_problem(anyone.get(f"/v1/products/{wanted}"), 404, "not_found")


@pytest.mark.parametrize("field, value, code", [
    ("name", "", "required"), ("name", "x" * 201, "too_long"), ("name", None, "not_null"),
    ("name", "a\tb", "control_character"),
    ("price", -1, "too_small"), ("price", 100000000001, "too_large"),
    ("price", 10**30, "too_large"), ("price", 19.9, "not_integer"),
    ("price", "1990", "not_integer"), ("price", True, "not_integer"),
    ("currency", "USD", "other_currency"), ("currency", "brl", "not_currency"),
    ("gtin", "7891000315508", "not_gtin"), ("gtin", "123", "not_gtin"),
    ("brand", "", "required"), ("description", "x" * 10001, "too_long"),
    ("sku", "a b", "not_sku"), ("sku", "é", "not_sku"),
    ("weight_g", -1, "too_small"), ("weight_g", 10000001, "too_large"),
    ("promotional_price", 1991, "too_large"),
    ("promotion_starts_at", "2026-02-30T00:00:00Z", "not_time"),
    ("promotion_starts_at", "2026-01-01", "not_time"),
    ("promotion_starts_at", "2026-01-01T00:00:00+23:59", "not_time"),
    ("status", "sold", "not_choice"), ("status", None, "not_null"),
    ("category_ids", "x", "not_list"),
    ("attributes", [], "not_object"),
    ("slug", "My Own", "not_slug"), ("ncm", "8516", "not_ncm"), ("id", 1, "unknown_field"),
])
def test_a_faulty_field_is_named_by_its_pointer(admin, field, value, code):
    answer = admin.post("/v1/products", product_body(**{field: value}))
    problem = assert_problem(answer, 422)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(f"/{field}", code)]


@pytest.mark.parametrize("attributes, pointer", [
    ({"a": [1]}, "/attributes/a"), ({"a": {}}, "/attributes/a"), ({"a": None}, "/attributes/a"),
    ({"a/b": []}, "/attributes/a~1b"), ({"a": "x" * 1001}, "/attributes/a"),
    ({"x" * 101: 1}, "/attributes/" + "x" * 101), ({"a": "x\0"}, "/attributes/a"),
    ({str(i): i for i in range(101)}, "/attributes"),
])
def test_attributes_are_texts_numbers_and_booleans(admin, attributes, pointer):
    answer = admin.post("/v1/products", product_body(attributes=attributes))
    assert_problem(answer, 422, "validation_failed", pointer)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e-400", "1e200000", "1." + "0" * 60])
def test_an_attribute_that_is_no_number_one_can_keep_is_refused(admin, number):
    text = '{"name": "x", "price": 1, "currency": "BRL", "attributes": {"a": %s}}' % number
    answer = admin.request("POST", "/v1/products", data=text,
                           headers={"Content-Type": "application/json"})
    assert_problem(answer, 422, "validation_failed", "/attributes/a")


def test_an_unknown_category_is_named_by_its_place(admin):
    known = admin.post("/v1/categories", {"name": support.unique("Casa")}).json()["id"]
    missing = str(uuid.uuid4())
    answer = admin.post("/v1/products", product_body(category_ids=[known, missing]))
    assert_problem(answer, 422, "unknown_category", "/category_ids/1")
    answer = admin.post("/v1/products", product_body(category_ids=["x"]))
    assert_problem(answer, 422, "validation_failed", "/category_ids/0")


@pytest.mark.parametrize("field, make", [("gtin", support.gtin13), ("sku", support.unique)])
def test_a_code_names_one_product(admin, field, make):
    body = product_body(**{field: make()})
    assert admin.post("/v1/products", body).status_code == 201
    answer = admin.post("/v1/products", {**body, "name": "Outra"})
    assert_problem(answer, 409, "already_exists", f"/{field}")


def test_only_those_with_the_permission_write_products(anyone, customer, make_user, product):
    body = product_body()
    path = f"/v1/products/{product['id']}"
    assert_problem(anyone.post("/v1/products", body), 401, "unauthorized")
    assert_problem(anyone.patch(path, {"price": 1}), 401, "unauthorized")
    for caller in (customer, make_user("stock"), make_user("support")):
        assert_problem(caller.post("/v1/products", body), 403, "forbidden")
        assert_problem(caller.patch(path, {"price": 1}), 403, "forbidden")
    assert make_user("manager").post("/v1/products", body).status_code == 201


# Changing ------------------------------------------------------------------------------------

def test_a_patch_changes_what_it_names_and_empties_what_it_makes_null(admin):
    made = admin.post("/v1/products", product_body(
        brand="Velha", gtin=support.gtin13(), weight_g=10, description="x",
        attributes={"cor": "azul"})).json()
    path = f"/v1/products/{made['id']}"
    answer = admin.patch(path, {"price": 2500, "brand": None, "attributes": None})
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert changed.pop("updated_at") > made.pop("updated_at")
    assert changed.pop("locked_fields") == ["attributes", "brand", "price"]
    for document in (made, changed):
        document.pop("provenance")
    made.pop("locked_fields")
    variants = [{**made["variants"][0], "price": 2500, "current_price": 2500}]
    assert changed == {**made, "price": 2500, "current_price": 2500, "brand": None,
                       "attributes": {}, "variants": variants}


def test_a_change_keeps_the_address(admin, anyone, product):
    admin.patch(f"/v1/products/{product['id']}", {"name": support.unique("Xícara")})
    assert anyone.get(f"/v1/products/{product['slug']}").json()["id"] == product["id"]


@pytest.mark.parametrize("field", ["id", "type", "options", "currency", "variants", "in_stock"])
def test_fields_that_a_patch_does_not_change_are_refused_by_name(admin, product, field):
    answer = admin.patch(f"/v1/products/{product['id']}", {field: "x"})
    assert_problem(answer, 422, "validation_failed", f"/{field}")


def test_a_promotion_must_lower_the_price_and_end_after_it_begins(admin, product):
    path = f"/v1/products/{product['id']}"
    assert_problem(admin.patch(path, {"promotional_price": 1991}), 422,
                   pointer="/promotional_price")
    assert admin.patch(path, {"promotional_price": 1990}).status_code == 200
    assert_problem(admin.patch(path, {"price": 1989}), 422, pointer="/promotional_price")
    assert_problem(admin.patch(path, {"promotion_starts_at": "2026-02-01T00:00:00Z",
                                      "promotion_ends_at": "2026-02-01T00:00:00Z"}),
                   422, pointer="/promotion_ends_at")
    assert admin.patch(path, {"promotion_starts_at": "2026-02-01T00:00:00Z",
                              "promotion_ends_at": "2026-02-01T00:00:00.5Z"}).status_code == 200


@pytest.mark.parametrize("starts, ends, in_force", [
    (None, None, True), ("2020-01-01T00:00:00Z", None, True), (None, "2999-01-01T00:00:00Z", True),
    ("2999-01-01T00:00:00Z", None, False), (None, "2020-01-01T00:00:00-03:00", False)])
def test_a_promotional_price_counts_within_its_window(admin, starts, ends, in_force):
    product = admin.post("/v1/products", product_body(
        promotional_price=990, promotion_starts_at=starts, promotion_ends_at=ends)).json()
    assert product["current_price"] == (990 if in_force else 1990)
    assert product["variants"][0]["current_price"] == product["current_price"]


def test_a_product_that_is_not_there_is_not_changed(admin):
    assert_problem(admin.patch(f"/v1/products/{uuid.uuid4()}", {"price": 1}), 404, "not_found")


def test_a_change_of_what_somebody_changed_meanwhile_is_refused(admin, product):
    path = f"/v1/products/{product['id']}"
    tag = admin.get(path).headers["ETag"]
    assert admin.patch(path, {"price": 1}, headers={"If-Match": tag}).status_code == 200
    assert_problem(admin.patch(path, {"price": 2}, headers={"If-Match": tag}), 412, "lost_update")
    assert admin.get(path).json()["price"] == 1


def test_of_many_changes_at_once_one_is_not_lost(admin, product):
    path, token = f"/v1/products/{product['id']}", admin.token
    tag = admin.get(path).headers["ETag"]
    answers = support.at_once(*[lambda price=price: support.Client().patch(
        path, {"price": price}, headers={"If-Match": tag, "Authorization": f"Bearer {token}"})
        for price in (1, 2, 3, 4)])
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]


def test_a_sale_does_not_fail_an_edit(admin, customer, product, place_order):
    path = f"/v1/products/{product['id']}"
    tag = admin.get(path).headers["ETag"]
    place_order(customer, product)
    assert admin.patch(path, {"price": 5}, headers={"If-Match": tag}).status_code == 200


# Drafts --------------------------------------------------------------------------------------

@pytest.mark.parametrize("status", ["draft", "archived"])
def test_what_is_not_for_sale_is_hidden_from_shoppers(admin, anyone, customer, status):
    brand = support.unique("Marca")
    made = admin.post("/v1/products", product_body(status=status, brand=brand))
    assert made.status_code == 201
    product = made.json()
    for caller in (anyone, customer):
        for name in (product["id"], product["slug"]):
            assert_problem(caller.get(f"/v1/products/{name}"), 404, "not_found")
        assert found(caller, brand=brand) == []
    assert admin.get(f"/v1/products/{product['id']}").json()["status"] == status
    admin.patch(f"/v1/products/{product['id']}", {"status": "active"})
    assert found(anyone, brand=brand) == [product["id"]]


# Conditional requests and caches -------------------------------------------------------------

def test_a_product_that_has_not_changed_is_not_sent_again(anyone, admin, product):
    path = f"/v1/products/{product['id']}"
    tag = anyone.get(path).headers["ETag"]
    answer = anyone.get(path, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    admin.patch(path, {"price": 1})
    assert anyone.get(path, headers={"If-None-Match": tag}).json()["price"] == 1


def test_head_answers_as_get_without_the_content(anyone, product):
    path = f"/v1/products/{product['id']}"
    get, head = anyone.get(path), anyone.request("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length"):
        assert head.headers[name] == get.headers[name]


def test_a_sale_is_seen_at_once_however_often_a_page_is_asked_for(
        anyone, customer, make_product, place_order):
    product = make_product(stock=40)
    path = f"/v1/products/{product['id']}"
    for left in range(39, 35, -1):
        for _ in range(12):
            assert anyone.get(path).headers["X-Cache"] != "HIT"
        place_order(customer, product)
        assert anyone.get(path).json()["variants"][0]["available"] == left


def test_a_page_that_many_ask_for_is_kept_for_a_moment_while_plenty_is_in_stock(
        anyone, admin, make_product):
    path = f"/v1/products/{make_product(stock=1000)['id']}"
    states = [anyone.get(path).headers["X-Cache"] for _ in range(60)]
    assert "HIT" in states
    assert all(admin.get(path).headers["X-Cache"] == "BYPASS" for _ in range(3))
    tag = anyone.get(path).headers["ETag"]
    assert anyone.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert anyone.get(path).status_code == 200


def test_browsers_keep_no_page_without_asking(anyone, product):
    answer = anyone.get(f"/v1/products/{product['id']}")
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "X-Accel-Expires" not in answer.headers
