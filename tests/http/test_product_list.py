"""The list of products: what shoppers search for, in which order, page by page."""
import base64

import pytest

import support
from support import assert_problem, found, ids, product_body


def walk(client, limit, between=lambda: None, **query):
    """The ids of all pages of a list."""
    seen, cursor = [], None
    while True:
        answer = client.get("/v1/products", params={**query, "limit": limit, "cursor": cursor})
        assert len(answer.json()["data"]) <= limit
        seen += ids(answer)
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return seen
        between()


# Searching -----------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def cup(admin):
    """A product whose name has an accent and a word that no other product has."""
    word = support.word()
    product = admin.post("/v1/products", product_body(
        name=f"Café Torrado {word}", brand="Três Irmãos",
        description="Grãos selecionados das montanhas.")).json()
    product["word"] = word
    return product


@pytest.mark.parametrize("q", [
    "cafe {}", "CAFÉ {}", "Café {}", "cafés {}", "torrados {}", "torrada {}", "{} cafe",
    "tres irmaos {}", "montanha {}", "graos SELECIONADO {}", '"cafe torrado" {}', "{} or xyzzyx"])
def test_a_search_does_not_care_for_accents_case_plural_and_order(anyone, cup, q):
    assert found(anyone, q=q.format(cup["word"])) == [cup["id"]]


def test_a_search_finds_what_is_being_typed(anyone, cup):
    word = cup["word"]
    for q in (word[:7], word[:-1], word, f"café {word[:7]}", f"CAFES torrados {word[:-1]}"):
        assert cup["id"] in found(anyone, q=q), q


@pytest.mark.parametrize("q", ["chá {}", "{} -café", '"torrado café" {}', "x{}"])
def test_a_search_leaves_out_what_does_not_fit(anyone, cup, q):
    assert found(anyone, q=q.format(cup["word"])) == []


def test_a_word_of_the_name_weighs_more_than_one_of_the_description(admin, anyone):
    word = support.unique("palavra").replace("-", "")
    described = admin.post("/v1/products", product_body(description=f"Com {word}.")).json()["id"]
    named = admin.post("/v1/products", product_body(name=f"Mesa {word}")).json()["id"]
    branded = admin.post("/v1/products", product_body(brand=word)).json()["id"]
    assert found(anyone, q=word) == [named, branded, described]


def test_an_empty_search_is_none(anyone):
    assert found(anyone, q="", limit=5) == found(anyone, limit=5) == found(
        anyone, sort="relevance", limit=5)


@pytest.mark.parametrize("q", ["'", "%", "!", "&", "|", "(", ":*", "\\", "²", "-", '"', "a:*b",
                               "<->", "de", "\u0301", "😀", "x' OR '1'='1"])
def test_no_sign_breaks_a_search(anyone, q):
    assert anyone.get("/v1/products", params={"q": q}).status_code == 200


# Filtering -----------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def shelf(admin, make_product):
    """Nine products of one brand: names and prices with ties, some in stock, one promoted."""
    brand = support.unique("Prateleira")
    made = [make_product(stock=3 if i % 3 == 0 else 0, brand=brand, price=1000 * (i // 2 + 1),
                         name=["Água", "agua", "Bule", "ábaco"][i % 4])
            for i in range(9)]
    path = f"/v1/products/{made[8]['id']}"
    admin.patch(path, {"promotional_price": 1500})
    return {"brand": brand, "products": [
        admin.get(f"/v1/products/{product['id']}").json() for product in made]}


def test_a_brand_is_found_without_regard_to_case(anyone, shelf):
    every = {product["id"] for product in shelf["products"]}
    assert set(found(anyone, brand=shelf["brand"])) == every
    assert set(found(anyone, brand=shelf["brand"].upper())) == every
    assert found(anyone, brand=shelf["brand"][:-1]) == []


@pytest.mark.parametrize("query", [
    {"min_price": 2000}, {"max_price": 2000}, {"min_price": 2000, "max_price": 3000},
    {"min_price": 1500, "max_price": 1500}, {"min_price": 5000}, {"max_price": 0}])
def test_prices_are_filtered_by_what_is_paid_now(anyone, shelf, query):
    fits = {product["id"] for product in shelf["products"]
            if query.get("min_price", 0) <= product["current_price"]
            <= query.get("max_price", 10**9)}
    assert set(found(anyone, brand=shelf["brand"], **query)) == fits


@pytest.mark.parametrize("wanted", ["true", "false"])
def test_what_is_in_stock_is_told_apart(anyone, shelf, wanted):
    fits = {product["id"] for product in shelf["products"]
            if product["in_stock"] == (wanted == "true")}
    assert 0 < len(fits) < 9
    assert set(found(anyone, brand=shelf["brand"], in_stock=wanted)) == fits


def test_the_last_piece_sold_takes_a_product_out_of_those_in_stock(
        anyone, admin, customer, make_product, place_order):
    brand = support.unique("Marca")
    product = make_product(stock=1, brand=brand)
    assert found(anyone, brand=brand, in_stock="true") == [product["id"]]
    order = place_order(customer, product)
    assert found(anyone, brand=brand, in_stock="true") == []
    assert customer.post(f"/v1/orders/{order['id']}/cancel").status_code == 200
    assert found(anyone, brand=brand, in_stock="true") == [product["id"]]


def test_a_category_holds_what_is_in_those_below_it(admin, anyone):
    top = admin.post("/v1/categories", {"name": support.unique("Casa")}).json()
    below = admin.post("/v1/categories", {
        "name": support.unique("Cozinha"), "parent_id": top["id"]}).json()
    last = admin.post("/v1/categories", {
        "name": support.unique("Facas"), "parent_id": below["id"]}).json()
    both = admin.post("/v1/products", product_body(
        category_ids=[top["id"], last["id"]])).json()["id"]
    deep = admin.post("/v1/products", product_body(category_ids=[last["id"]])).json()["id"]
    high = admin.post("/v1/products", product_body(category_ids=[top["id"]])).json()["id"]
    for name in (top["id"], top["slug"]):
        assert found(anyone, category=name) == [high, deep, both]
    assert found(anyone, category=below["slug"]) == [deep, both]
    assert found(anyone, category="no-such-category") == []


def test_filters_add_up(anyone, shelf):
    fits = {product["id"] for product in shelf["products"]
            if product["in_stock"] and product["current_price"] <= 2000
            and product["name"] in ("Água", "agua")}
    assert fits
    assert set(found(anyone, brand=shelf["brand"], in_stock="true", max_price=2000,
                     q="agua")) == fits


# Order and pages -----------------------------------------------------------------------------

def fold(name):
    return name.lower().translate(str.maketrans("á", "a"))


ORDERS = {
    "price": (lambda p: (p["current_price"], p["id"]), False),
    "-price": (lambda p: (p["current_price"], p["id"]), True),
    "name": (lambda p: (fold(p["name"]), p["id"]), False),
    "-created_at": (lambda p: (p["created_at"], p["id"]), True),
}


@pytest.mark.parametrize("sort", ORDERS)
def test_a_list_is_in_the_order_that_was_asked_for(anyone, shelf, sort):
    key, descending = ORDERS[sort]
    wanted = [p["id"] for p in sorted(shelf["products"], key=key, reverse=descending)]
    assert found(anyone, brand=shelf["brand"], sort=sort) == wanted


def test_the_newest_come_first_unless_something_was_searched_for(anyone, shelf):
    brand = shelf["brand"]
    assert found(anyone, brand=brand) == found(anyone, brand=brand, sort="-created_at")
    assert found(anyone, q=brand) == found(anyone, q=brand, sort="relevance")


@pytest.mark.parametrize("limit", [1, 2, 4, 9])
@pytest.mark.parametrize("sort", [*ORDERS, "relevance"])
def test_the_pages_of_a_list_hold_each_product_once(anyone, shelf, sort, limit):
    query = {"q": shelf["brand"]} if sort == "relevance" else {"brand": shelf["brand"]}
    seen = walk(anyone, limit, sort=sort, **query)
    assert seen == found(anyone, sort=sort, limit=100, **query)
    assert sorted(seen) == sorted(product["id"] for product in shelf["products"])


@pytest.mark.parametrize("sort", [*ORDERS, "relevance"])
def test_nothing_is_missed_or_repeated_while_products_are_added(admin, anyone, sort):
    brand = support.unique("Loja").replace("-", "")

    def add():
        return [admin.post("/v1/products", product_body(
            name=name, brand=brand, price=price)).json()["id"]
            for name, price in (("Abajur", 100), ("Mesa", 500), ("Zebra", 900))]
    before = add() + add()
    query = {"q": brand} if sort == "relevance" else {"brand": brand}
    rounds = iter(range(3))
    seen = walk(anyone, 2, between=lambda: add() if next(rounds, None) is not None else None,
                sort=sort, **query)
    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)


def test_the_last_page_names_no_next_one(anyone, shelf):
    page = anyone.get("/v1/products", params={"brand": shelf["brand"], "limit": 9}).json()
    assert (len(page["data"]), page["next_cursor"]) == (9, None)
    page = anyone.get("/v1/products", params={"brand": shelf["brand"], "limit": 8}).json()
    assert len(page["data"]) == 8 and page["next_cursor"]


def test_the_longest_name_fits_into_a_cursor(admin, anyone):
    brand = support.unique("Marca")
    for _ in range(2):
        admin.post("/v1/products", product_body(name="🛒" * 200, brand=brand))
    assert len(walk(anyone, 1, brand=brand, sort="name")) == 2


def test_a_cursor_of_another_order_or_list_is_refused(anyone, admin, shelf):
    brand = shelf["brand"]
    cursors = {sort: anyone.get("/v1/products", params={
        "brand": brand, "sort": sort, "limit": 1}).json()["next_cursor"] for sort in ORDERS}
    for sort in ORDERS:
        for other, cursor in cursors.items():
            answer = anyone.get("/v1/products", params={
                "brand": brand, "sort": sort, "cursor": cursor})
            if other == sort:
                assert answer.status_code == 200
            else:
                assert_problem(answer, 422, "validation_failed", "cursor")
    users = admin.get("/v1/users", params={"limit": 1}).json()["next_cursor"]
    assert_problem(anyone.get("/v1/products", params={"cursor": users}), 422, pointer="cursor")


@pytest.mark.parametrize("sort, value, last", [
    ("-created_at", "yesterday", "00000000-0000-7000-8000-000000000000"),
    ("-created_at", "2026-01-01T00:00:00+00:00", "x"),
    ("price", "cheap", "00000000-0000-7000-8000-000000000000"),
    ("price", "9" * 30, "00000000-0000-7000-8000-000000000000"),
    ("price", "-" + "9" * 30, "00000000-0000-7000-8000-000000000000"),
    ("name", "x", "' OR 1=1")])
def test_a_made_up_cursor_is_refused(anyone, sort, value, last):
    cursor = base64.urlsafe_b64encode(f"{sort}\x1f{value}\x1f{last}".encode()).decode().rstrip("=")
    answer = anyone.get("/v1/products", params={"sort": sort, "cursor": cursor})
    assert_problem(answer, 422, "validation_failed", "cursor")


@pytest.mark.parametrize("name, value", [
    ("limit", "0"), ("limit", "101"), ("limit", "-1"), ("limit", "ten"), ("limit", "1.5"),
    ("limit", "9" * 30), ("limit", ""), ("sort", "colour"), ("sort", ""), ("min_price", "-1"),
    ("max_price", "R$ 10"), ("in_stock", "yes"), ("cursor", "x"), ("cursor", "!!"),
    ("category", ""), ("q", "x" * 201), ("q", "a\0b"), ("offset", "10"), ("limit[]", "1")])
def test_a_parameter_that_is_faulty_or_unknown_is_named(anyone, name, value):
    assert_problem(anyone.get("/v1/products", params={name: value}), 422,
                   "validation_failed", name)


def test_the_bounds_of_a_page(anyone):
    assert len(found(anyone, limit=1)) == 1
    assert anyone.get("/v1/products?limit=100").status_code == 200
    assert len(found(anyone)) <= 20
