"""Numeric attributes: lists from and up to a number, in every order, and what facets tell of them."""
import pytest

import support
from support import assert_problem, found, ids

# As JSON has them; 9 is before 10, and 2.50 is 2.5.
NUMBERS = ["-3", "0.5", "2.50", "2.5", "9", "10", "100"]


@pytest.fixture(scope="module")
def shelf(admin, make_product):
    """A category with a product of each number, one that has no number, and their attribute."""
    name = support.unique("peso")
    category = admin.post("/v1/categories", {"name": support.unique("Pesos")}).json()["id"]
    assert admin.put(f"/v1/attributes/{name}", {
        "label": "Peso", "type": "number", "unit": "kg", "filterable": True}).status_code == 201
    word = support.word()
    made = []
    for place, number in enumerate(NUMBERS):
        body = (f'{{"name": "Barra {word} {place}", "price": {1000 + place}, "currency": "BRL",'
                f' "category_ids": ["{category}"], "attributes": {{"{name}": {number}}}}}')
        answer = admin.request("POST", "/v1/products", data=body,
                               headers={"Content-Type": "application/json"})
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
    make_product(stock=0, category_ids=[category])
    return {"name": name, "category": category, "word": word, "ids": made}


def within(anyone, shelf, **query):
    """The numbers of the products that a query of the shelf's category finds, by price."""
    query = {key.replace("number", shelf["name"]).replace("__", "."): value
             for key, value in query.items()}
    return [NUMBERS[shelf["ids"].index(product)] for product in found(
        anyone, **{"category": shelf["category"], "sort": "price", **query})]


@pytest.mark.parametrize("query,numbers", [
    ({"min_attr__number": "9"}, ["9", "10", "100"]),
    ({"max_attr__number": "9"}, ["-3", "0.5", "2.50", "2.5", "9"]),
    ({"min_attr__number": "2.500", "max_attr__number": "10.0"}, ["2.50", "2.5", "9", "10"]),
    ({"min_attr__number": "-3", "max_attr__number": "0"}, ["-3"]),
    ({"min_attr__number": "9.0000001", "max_attr__number": "9.9999999"}, []),
    ({"min_attr__number": "10", "max_attr__number": "9"}, []),
    ({"min_attr__number": "1", "attr__number": ["2.5", "100"]}, ["2.50", "2.5", "100"]),
    ({"attr__number": "2.5"}, ["2.50", "2.5"]),
    ({"attr__number": "2.500"}, ["2.50", "2.5"]),
    ({"attr__number": ["1", "0.50"]}, ["0.5"]),
    ({"attr__number": "nove"}, []),
    ({"attr__number": ["nove", "9"]}, ["9"]),
])
def test_numbers_are_compared_as_numbers(anyone, shelf, query, numbers):
    assert within(anyone, shelf, **query) == numbers


@pytest.mark.parametrize("sort", ["relevance", "price", "-price", "-created_at", "name", "-popularity"])
@pytest.mark.parametrize("with_words", [True, False])
def test_bounds_hold_in_every_order_and_on_every_page(anyone, shelf, sort, with_words):
    name, seen, cursor = shelf["name"], [], None
    while True:
        answer = anyone.get("/v1/products", params={
            "sort": sort, "limit": 2, "cursor": cursor, f"min_attr.{name}": "0.5",
            f"max_attr.{name}": "10", **({"q": shelf["word"]} if with_words else {})})
        seen += ids(answer)
        cursor = answer.json()["next_cursor"]
        if not cursor:
            break
    wanted = shelf["ids"][1:6]
    assert sorted(seen) == sorted(wanted) and len(seen) == len(set(seen))
    if sort in ("price", "name"):
        assert seen == wanted
    if sort in ("-price", "-created_at"):
        assert seen == wanted[::-1]


def facet(client, shelf, **query):
    answer = client.get("/v1/products", params={
        "category": shelf["category"], "facets": "true", "limit": 1, **query})
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json()["facets"]["attributes"] if one["name"] == shelf["name"]]


def test_facets_tell_the_bounds_and_count_few_values(anyone, shelf):
    [one] = facet(anyone, shelf)
    assert (one["min"], one["max"]) == (-3, 100)
    assert one["values"] == [{"value": "2.5", "count": 2}] + [
        {"value": value, "count": 1} for value in ("-3", "0.5", "10", "100", "9")]
    [one] = facet(anyone, shelf, **{f"min_attr.{shelf['name']}": "2.4", "q": shelf["word"],
                                    f"max_attr.{shelf['name']}": "9.5"})
    assert (one["min"], one["max"]) == (2.5, 9)
    assert one["values"] == [{"value": "2.5", "count": 2}, {"value": "9", "count": 1}]
    assert facet(anyone, shelf, **{f"min_attr.{shelf['name']}": "101"}) == []


def test_of_many_numbers_facets_tell_the_bounds_alone(admin, make_product):
    name = support.unique("volts")
    category = admin.post("/v1/categories", {"name": support.unique("Fontes")}).json()["id"]
    assert admin.put(f"/v1/attributes/{name}", {
        "label": "Volts", "type": "number", "filterable": True}).status_code == 201
    shelf = {"name": name, "category": category}
    for volts in range(21):
        if volts == 20:
            assert len(facet(admin, shelf)[0]["values"]) == 20
        make_product(stock=0, category_ids=[category], attributes={name: volts})
    assert facet(admin, shelf) == [{"name": name, "min": 0, "max": 20, "values": []}]


@pytest.mark.parametrize("kind", ["text", "boolean"])
def test_only_an_attribute_that_is_a_number_has_bounds(admin, anyone, kind):
    name = support.unique("cor")
    pointer = f"max_attr.{name}"
    assert_problem(anyone.get("/v1/products", params={pointer: "1"}), 422, "validation_failed",
                   pointer)
    assert admin.put(f"/v1/attributes/{name}", {"label": "Cor", "type": kind}).status_code == 201
    problem = assert_problem(anyone.get("/v1/products", params={pointer: "1", "min_attr.nada": 2}),
                             422, "validation_failed", pointer)
    assert [error["code"] for error in problem["errors"]] == ["not_numeric_attribute"] * 2


@pytest.mark.parametrize("text", ["", "x", "1,5", "01", ".5", "5.", "1e3", "NaN", "--1", "1 ", "0x10",
                                  "9" * 41])
def test_a_bound_is_a_decimal_number(anyone, shelf, text):
    name = f"min_attr.{shelf['name']}"
    assert_problem(anyone.get("/v1/products", params={name: text}), 422, "validation_failed", name)


def test_no_sign_in_a_name_breaks_a_bound(admin, anyone, make_product):
    name = support.unique("a\"b\\c'd.$ %é")
    assert admin.put("/v1/attributes/" + support.requests.utils.quote(name, safe=""), {
        "label": "Estranho", "type": "number"}).status_code == 201
    made = make_product(stock=0, attributes={name: 5})
    make_product(stock=0, attributes={name: 7})
    assert found(anyone, **{f"max_attr.{name}": "6"}) == [made["id"]]
    assert found(anyone, **{f"attr.{name}": "5.0"}) == [made["id"]]
