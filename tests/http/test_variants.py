"""Products with variations, and what of a product never changes or goes."""
import uuid

import pytest

import support
from support import assert_problem


@pytest.fixture
def make_shirt(admin):
    """make_shirt(*sizes, **fields): a new product with a variant of each size."""
    def make(*sizes, **fields):
        answer = admin.post("/v1/products", {
            "name": support.unique("Camiseta"), "type": "variations", "price": 4990,
            "currency": "BRL", "options": ["tamanho"],
            "variants": [{"options": {"tamanho": size}} for size in sizes], **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()
    return make


def path_of(product, variant=None):
    path = f"/v1/products/{product['id']}"
    return f"{path}/variants/{variant['id']}" if variant else path


# Variations ----------------------------------------------------------------------------------

def test_each_variant_has_its_code_number_price_and_weight(admin, anyone, make_shirt):
    shirt = make_shirt(
        weight_g=150, options=["tamanho", "cor"], variants=[
            {"options": {"cor": "azul", "tamanho": "P"}, "sku": support.unique("P")},
            {"options": {"cor": "azul", "tamanho": "M"}, "sku": support.unique("M"),
             "gtin": support.gtin13(), "price": 5990, "weight_g": 180}])
    small, large = anyone.get(path_of(shirt)).json()["variants"]
    assert (small["price"], small["weight_g"], small["gtin"]) == (4990, 150, None)
    assert (large["price"], large["weight_g"]) == (5990, 180) and large["gtin"]
    assert large["options"] == {"tamanho": "M", "cor": "azul"}
    assert shirt["options"] == [{"name": "tamanho", "values": ["P", "M"]},
                                {"name": "cor", "values": ["azul"]}]
    assert shirt["gtin"] is None and shirt["current_price"] == 4990


def test_a_promotion_holds_for_every_variant_that_it_makes_cheaper(make_shirt):
    shirt = make_shirt(promotional_price=3000, variants=[
        {"options": {"tamanho": "P"}}, {"options": {"tamanho": "M"}, "price": 2000}])
    assert [v["current_price"] for v in shirt["variants"]] == [3000, 2000]
    assert shirt["current_price"] == 2000


@pytest.mark.parametrize("options", [
    {}, {"cor": "azul"}, {"tamanho": "M", "cor": "azul"}])
def test_a_variant_has_a_value_for_each_option_and_for_nothing_else(admin, make_shirt, options):
    answer = admin.post(path_of(make_shirt("P")) + "/variants", {"options": options})
    assert_problem(answer, 422, "wrong_options", "/options")


def test_no_two_variants_are_the_same(admin, make_shirt):
    shirt = make_shirt("P", "M")
    same = {"options": {"tamanho": "P"}}
    assert_problem(admin.post(path_of(shirt) + "/variants", same), 409, pointer="/options")
    assert_problem(admin.patch(path_of(shirt, shirt["variants"][1]), same), 409,
                   pointer="/options")


@pytest.mark.parametrize("body, pointer", [
    ({"type": "variations", "options": ["tamanho"]}, "/variants"),
    ({"type": "variations", "variants": [{"options": {}}]}, "/options"),
    ({"type": "variations", "sku": "X-1"}, "/sku"),
    ({"type": "bundle"}, "/parts"),
    ({"type": "simple", "options": ["tamanho"]}, "/options"),
    ({"type": "digital", "variants": [{"options": {}}]}, "/variants")])
def test_each_type_has_its_own_members(admin, body, pointer):
    answer = admin.post("/v1/products", {"name": "X", "price": 1, "currency": "BRL", **body})
    assert_problem(answer, 422, pointer=pointer)


def test_a_simple_product_gets_no_second_variant(admin, product):
    answer = admin.post(path_of(product) + "/variants", {"options": {}})
    assert_problem(answer, 409, "no_variations")


def test_variants_are_changed_moved_and_priced_one_by_one(admin, anyone, make_shirt):
    shirt = make_shirt("P", "M")
    small, large = shirt["variants"]
    before = anyone.get(path_of(shirt)).headers["ETag"]
    changed = admin.patch(path_of(shirt, large), {"price": 100, "position": 0}).json()
    assert changed["price"] == 100
    admin.patch(path_of(shirt, small), {"position": 5})
    after = anyone.get(path_of(shirt))
    assert [v["id"] for v in after.json()["variants"]] == [large["id"], small["id"]]
    assert after.headers["ETag"] != before
    assert anyone.get(path_of(shirt) + "/variants").json()["data"] == after.json()["variants"]
    assert admin.patch(path_of(shirt, large), {"price": None}).json()["price"] == 4990


def test_a_variant_is_its_own_products(admin, make_shirt):
    mine, other = make_shirt("P", "M"), make_shirt("P", "M")
    wrong = path_of(mine, other["variants"][0])
    for answer in (admin.get(wrong), admin.patch(wrong, {"price": 1}), admin.delete(wrong),
                   admin.get(path_of(mine) + f"/variants/{uuid.uuid4()}"),
                   admin.get(f"/v1/products/{uuid.uuid4()}/variants")):
        assert_problem(answer, 404, "not_found")


def test_what_is_ordered_is_named_with_its_options(customer, admin, make_shirt):
    shirt = make_shirt("P", "GG")
    quote = customer.post("/v1/quotes", {
        "items": [{"variant_id": shirt["variants"][1]["id"], "quantity": 1}],
        "postal_code": "01310-100"}).json()
    assert quote["items"][0]["name"] == shirt["name"] + " (GG)"


def test_drafts_variants_are_hidden_from_shoppers(anyone, admin, make_shirt):
    shirt = make_shirt("P", status="draft")
    for path in (path_of(shirt) + "/variants", path_of(shirt, shirt["variants"][0]),
                 path_of(shirt) + "/description"):
        assert_problem(anyone.get(path), 404, "not_found")
        assert admin.get(path).status_code == 200


def test_a_product_is_in_stock_as_long_as_one_variant_is(admin, anyone, make_shirt):
    shirt = make_shirt("P", "M")

    def count(variant, pieces):
        assert admin.post("/v1/stock/movements", key=True, body={
            "variant_id": variant["id"], "kind": "count", "quantity": pieces}).ok
        shown = anyone.get(path_of(shirt)).json()
        return shown["in_stock"], [v["available"] for v in shown["variants"]]

    small, large = shirt["variants"]
    assert count(small, 2) == (True, [2, 0])
    assert count(large, 1) == (True, [2, 1])
    assert count(small, 0) == (True, [0, 1])
    assert count(large, 0) == (False, [0, 0])


def test_of_variants_that_run_out_at_once_none_is_said_to_be_in_stock(admin, anyone, make_shirt):
    shirt = make_shirt(*map(str, range(8)))

    def count(variant, pieces):
        return support.Client().post("/v1/stock/movements", key=True, headers={
            "Authorization": f"Bearer {token}"}, body={
            "variant_id": variant["id"], "kind": "count", "quantity": pieces})

    for _ in range(3):
        for pieces, expected in ((1, True), (0, False)):
            token = admin.token
            answers = support.at_once(*[
                lambda v=v: count(v, pieces) for v in shirt["variants"]])
            assert {a.status_code for a in answers} == {201}
            assert anyone.get(path_of(shirt)).json()["in_stock"] is expected


# What stays -----------------------------------------------------------------------------------

def test_the_sku_of_what_was_sold_stays(admin, customer, product, place_order):
    sku = product["variants"][0]["sku"]
    assert admin.patch(path_of(product), {"sku": sku}).status_code == 200
    new = support.unique("SKU")
    assert admin.patch(path_of(product), {"sku": new}).json()["variants"][0]["sku"] == new
    place_order(customer, product)
    for path in (path_of(product), path_of(product, product["variants"][0])):
        assert_problem(admin.patch(path, {"sku": support.unique("SKU")}), 409, "sku_sold", "/sku")
    assert admin.patch(path_of(product), {"sku": new, "price": 5}).status_code == 200


def test_an_address_that_changed_sends_on(admin, anyone, product):
    first, second = product["slug"], support.unique("novo")
    assert admin.patch(path_of(product), {"slug": second}).json()["slug"] == second
    answer = anyone.get(f"/v1/products/{first}")
    assert (answer.status_code, answer.headers["Location"]) == (301, f"/v1/products/{second}")
    assert anyone.get(f"/v1/products/{first}", allow_redirects=True).json()["id"] == product["id"]
    third = support.unique("novissimo")
    admin.patch(path_of(product), {"slug": third})
    for old in (first, second):
        assert anyone.get(f"/v1/products/{old}", allow_redirects=True).json()["slug"] == third
    assert admin.patch(path_of(product), {"slug": first}).status_code == 200
    assert anyone.get(f"/v1/products/{first}").status_code == 200


def test_an_address_that_was_anothers_is_not_taken(admin, product, make_product):
    old = product["slug"]
    admin.patch(path_of(product), {"slug": support.unique("outro")})
    other = make_product()
    assert_problem(admin.patch(path_of(other), {"slug": old}), 409, pointer="/slug")
    assert_problem(admin.post("/v1/products", {
        "name": "X", "price": 1, "currency": "BRL", "slug": old}), 409, pointer="/slug")
    named_so = make_product(name=product["name"])
    assert named_so["slug"].startswith(old + "-")


def test_the_old_address_of_a_draft_tells_shoppers_nothing(admin, anyone, make_product):
    draft = make_product(status="draft", stock=0)
    admin.patch(path_of(draft), {"slug": support.unique("rascunho")})
    assert_problem(anyone.get(f"/v1/products/{draft['slug']}"), 404, "not_found")
    assert admin.get(f"/v1/products/{draft['slug']}", allow_redirects=True).json()["id"] == draft["id"]


# Deleting -------------------------------------------------------------------------------------

def test_what_was_never_sold_nor_kept_is_deleted(admin, anyone, make_product):
    product = make_product(stock=0)
    assert admin.delete(path_of(product)).status_code == 204
    assert_problem(anyone.get(path_of(product)), 404, "not_found")
    assert_problem(admin.delete(path_of(product)), 404, "not_found")


def test_what_is_in_stock_or_in_orders_is_archived_instead(admin, customer, product, place_order):
    answer = admin.delete(path_of(product))
    assert_problem(answer, 409, "product_in_use")
    assert answer.json()["reasons"] == ["has_stock"]
    place_order(customer, product)
    assert admin.delete(path_of(product)).json()["reasons"] == ["has_orders", "has_stock"]
    assert admin.patch(path_of(product), {"status": "archived"}).status_code == 200


def test_deleting_asks_for_the_version_that_was_read(admin, make_product):
    product = make_product(stock=0)
    tag = admin.get(path_of(product)).headers["ETag"]
    admin.patch(path_of(product), {"price": 7})
    assert_problem(admin.delete(path_of(product), headers={"If-Match": tag}), 412, "lost_update")


def test_the_last_variant_stays(admin, make_shirt):
    shirt = make_shirt("P", "M")
    small, large = shirt["variants"]
    assert admin.delete(path_of(shirt, small)).status_code == 204
    assert_problem(admin.delete(path_of(shirt, large)), 409, "last_variant")


def test_a_digital_product_is_not_deleted_while_it_is_being_ordered(admin, make_product):
    """Nothing is reserved of it: only what the order holds stands in the way."""
    buyer, product = support.register(), make_product(type="digital", stock=0)
    body = {"items": [{"variant_id": product["variants"][0]["id"], "quantity": 1}],
            "shipping_address": support.ADDRESS}
    token = admin.token
    delete, order = support.at_once(
        lambda: support.Client().delete(path_of(product), headers={"Authorization": f"Bearer {token}"}),
        lambda: buyer.post("/v1/orders", body, key=True))
    assert (delete.status_code, order.status_code) in ((204, 422), (409, 201))


# Descriptions ---------------------------------------------------------------------------------

@pytest.mark.parametrize("text, html", [
    ("Torra *média*.", "<p>Torra <em>média</em>.</p>\n"),
    ("- um\n- dois", "<ul>\n<li>um</li>\n<li>dois</li>\n</ul>\n"),
    ("<script>alert(1)</script>", "<!-- raw HTML omitted -->\n"),
    ("[x](javascript:alert(1))", '<p><a href="">x</a></p>\n'),
    ("[x](data:text/html;base64,PHNjcmlwdD4=)", '<p><a href="">x</a></p>\n'),
    ('[x](https://a.example "t\\"><script>")',
     '<p><a href="https://a.example" title="t&quot;&gt;&lt;script&gt;">x</a></p>\n')])
def test_a_description_is_shown_without_anything_that_runs(anyone, make_product, text, html):
    answer = anyone.get(path_of(make_product(description=text, stock=0)) + "/description")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.text == html


# What buyers do not see -----------------------------------------------------------------------

def test_costs_are_for_staff_alone(admin, anyone, customer, make_user, make_shirt):
    shirt = make_shirt(cost=2000, variants=[{"options": {"tamanho": "P"}, "cost": 1900}])
    assert shirt["cost"] == 2000
    assert shirt["variant_costs"] == {shirt["variants"][0]["id"]: 1900}
    for caller in (anyone, customer, make_user("stock")):
        answer = caller.get(path_of(shirt))
        assert "cost" not in answer.text and "locked_fields" not in answer.json()
    assert "cost" not in anyone.get(f"/v1/products?q={shirt['slug']}").text


def test_what_people_edit_is_theirs(admin, product):
    admin.patch(path_of(product), {"price": 1500, "status": "active"})
    shown = admin.get(path_of(product)).json()
    assert shown["locked_fields"] == ["price"]
    assert shown["provenance"]["price"]["by"] == "person"
