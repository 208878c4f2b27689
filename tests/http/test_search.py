"""Search: typing errors, synonyms, filters by attribute, facets, ranking, and suggestions."""
import pytest

import support
from support import assert_problem, found, ids, product_body, word


def job(name):
    done = support.run_job(name)
    assert done.returncode == 0, done.stderr


def learn():
    """What the job does every few seconds."""
    job("relist")


@pytest.fixture
def make(admin):
    """make(**fields): a new product."""
    def post(**fields):
        answer = admin.post("/v1/products", product_body(**fields))
        assert answer.status_code == 201, answer.text
        return answer.json()
    return post


# Words ----------------------------------------------------------------------------------------

def test_typing_errors_are_forgiven(anyone, make):
    fridge = make(name=f"Geladeira {word()} frost free")
    learn()
    for typed in ("geladera", "Geladeria", "geldaeira frost", "geladeirra"):
        answer = anyone.get("/v1/products", params={"q": typed, "limit": 100})
        assert fridge["id"] in ids(answer), typed
        assert answer.json()["corrected"].split()[0] == "geladeira"


def test_a_word_that_some_product_has_is_not_corrected(anyone, make):
    rare = word()
    near = make(name=f"Mesa {rare}")
    learn()
    other = rare[:4] + ("q" if rare[4] != "q" else "x") + rare[5:]
    made = make(name=f"Mesa {other}")
    learn()
    answer = anyone.get("/v1/products", params={"q": other})
    assert ids(answer) == [made["id"]] and "corrected" not in answer.json()
    assert found(anyone, q=rare) == [near["id"]]


def test_a_word_that_is_too_new_to_be_known_is_found_at_once(anyone, make):
    rare = word()
    assert found(anyone, q=rare[:-2]) == []
    made = make(description=f"Com {rare}.")
    assert found(anyone, q=rare) == [made["id"]]


def test_a_code_finds_its_product(anyone, make):
    code = support.unique("CX").upper()
    made = make(sku=code, gtin=support.gtin13())
    for q in (code, code.lower(), made["gtin"]):
        assert found(anyone, q=q) == [made["id"]]


def test_a_product_is_found_by_the_name_of_its_category(admin, anyone, make):
    name = word()
    category = admin.post("/v1/categories", {"name": f"Coleção {name}"}).json()
    made = make(category_ids=[category["id"]])
    assert found(anyone, q=name) == [made["id"]]


def test_synonyms_are_data(admin, anyone, make):
    typed, meant = word(), word()
    made = make(name=f"Aparelho {meant}")
    assert found(anyone, q=typed) == []
    assert admin.put(f"/v1/synonyms/{typed.upper()}", {"synonyms": [meant, f"{meant} dois"]}).ok
    assert found(anyone, q=typed) == [made["id"]]
    assert typed in [s["word"] for s in admin.get("/v1/synonyms").json()["data"]]
    assert admin.delete(f"/v1/synonyms/{typed}").status_code == 204
    assert found(anyone, q=typed) == []
    assert_problem(admin.delete(f"/v1/synonyms/{typed}"), 404, "not_found")


def test_what_sells_better_comes_first_among_equals(
        anyone, customer, make_product, place_order, pay):
    shared = word()
    good, better, described = (
        make_product(stock=9, name=f"Copo {shared}"), make_product(stock=9, name=f"Taça {shared}"),
        make_product(stock=9, name="Jarra", description=f"Combina com {shared}."))
    for product, pieces in ((good, 1), (better, 3), (described, 5)):
        pay(customer, place_order(customer, product, pieces))
    job("popularity")
    assert found(anyone, q=shared) == [better["id"], good["id"], described["id"]]
    assert found(anyone, q=shared, sort="-popularity") == [
        described["id"], better["id"], good["id"]]


def test_pages_by_relevance_go_on_where_they_ended(anyone, make):
    shared = word()
    made = ([make(description=f"Com {shared}.")["id"] for _ in range(3)]
            + [make(brand=shared)["id"] for _ in range(3)]
            + [make(name=f"Copo {shared}")["id"] for _ in range(3)])
    for limit in (1, 2, 4, 9):
        seen, cursor = [], None
        for _ in range(20):
            answer = anyone.get("/v1/products", params={
                "q": shared, "limit": limit, "cursor": cursor})
            seen += ids(answer)
            cursor = answer.json()["next_cursor"]
            if cursor is None:
                break
        assert seen == made[::-1], limit


# Filters and facets -----------------------------------------------------------------------------

@pytest.fixture(scope="module")
def shelf(admin, make_product):
    """Six products of a category of their own, and what is filtered of them."""
    top = admin.post("/v1/categories", {"name": support.unique("Loja")}).json()
    below = admin.post("/v1/categories", {
        "name": support.unique("Canto"), "parent_id": top["id"]}).json()
    colour = support.unique("cor")
    support.rows("INSERT INTO products.attributes (name, label, type, filterable)"
                 f" VALUES ('{colour}', 'Cor', 'text', true)")
    made = [make_product(
        stock=2 if n % 2 else 0, price=1000 * (n + 1), brand=["Ipê", "Cedro", None][n % 3],
        category_ids=[top["id"], below["id"]] if n < 2 else [below["id"]],
        attributes={colour: ["azul", "verde"][n // 3], "livre": "x"}) for n in range(6)]
    return {"category": top["id"], "below": below["id"], "colour": colour,
            "ids": [product["id"] for product in made]}


def test_attributes_are_filters(anyone, shelf):
    name, all_ids = f"attr.{shelf['colour']}", shelf["ids"]
    category = {"category": shelf["category"], "sort": "price"}
    assert found(anyone, **category, **{name: "azul"}) == all_ids[:3]
    assert found(anyone, **category, **{name: ["azul", "verde"]}) == all_ids
    assert found(anyone, **category, **{name: "rosa"}) == []
    assert found(anyone, **category, **{name: "verde", "attr.livre": "x"}) == all_ids[3:]
    assert found(anyone, **category, **{name: "verde", "attr.livre": "y"}) == []
    assert found(anyone, **category, brand=["ipe", "CEDRO"]) == [
        all_ids[n] for n in (0, 1, 3, 4)]


def test_facets_count_what_there_is_to_filter_by(anyone, shelf):
    answer = anyone.get("/v1/products", params={
        "category": shelf["category"], "facets": "true", "limit": 1, "min_price": 1001})
    facets = answer.json()["facets"]
    assert facets["complete"] is True
    assert facets["price"] == {"min": 2000, "max": 6000}
    assert facets["in_stock"] == {"true": 3, "false": 2}
    assert facets["brands"] == [{"value": "Cedro", "count": 2}, {"value": "Ipê", "count": 1}]
    counts = {category["id"]: category["count"] for category in facets["categories"]}
    assert counts == {shelf["category"]: 5, shelf["below"]: 5}
    assert facets["attributes"] == [{"name": shelf["colour"], "values": [
        {"value": "verde", "count": 3}, {"value": "azul", "count": 2}]}]


def test_facets_of_nothing_are_empty(anyone):
    facets = anyone.get("/v1/products", params={"q": word(), "facets": "true"}).json()["facets"]
    assert facets["brands"] == facets["categories"] == facets["attributes"] == []
    assert facets["price"] == {"min": None, "max": None}


@pytest.mark.parametrize("query", [
    {"attr.": "x"}, {"attr": "x"}, {"attr.cor": ""}, {"attr.cor": ["x"] * 21},
    {"facets": "yes"}, {"sort": "popularity"}, {"brand": ["a"] * 21}])
def test_a_filter_that_can_not_be_is_refused(anyone, query):
    assert_problem(anyone.get("/v1/products", params=query), 422)


@pytest.mark.parametrize("text", ["'", "\\", "a'b\\'c", "c:x", "%", "& | ! ( )", ":*", "😀"])
def test_no_sign_breaks_a_filter(anyone, make, text):
    made = make(brand=text, attributes={text: text})
    for query in ({"brand": text}, {f"attr.{text}": text}, {"q": text}):
        assert anyone.get("/v1/products", params=query).status_code == 200
    assert made["id"] in found(anyone, **{f"attr.{text}": text})
    assert made["id"] in found(anyone, brand=text)


# Upkeep -----------------------------------------------------------------------------------------

def test_a_renamed_category_is_searched_by_its_new_name(admin, anyone, make):
    category = admin.post("/v1/categories", {"name": support.unique("Velha")}).json()
    made, name = make(category_ids=[category["id"]]), word()
    support.rows(f"UPDATE products.categories SET name = '{name}' WHERE id = '{category['id']}'")
    learn()
    assert found(anyone, q=name) == [made["id"]]


def test_a_promotion_that_begins_is_listed_by_its_price(admin, anyone, make):
    brand = support.unique("Marca")
    made = make(brand=brand, price=5000, promotional_price=1000,
                promotion_starts_at="2999-01-01T00:00:00Z")
    support.rows("UPDATE products.products SET promotion_starts_at = now() - interval '1 s'"
                 f" WHERE id = '{made['id']}'")
    support.rows("UPDATE products.documents SET valid_until = now() - interval '1 s'"
                 f" WHERE product_id = '{made['id']}'")
    # Whoever looks at it is told the price at once; the list follows within seconds.
    assert anyone.get(f"/v1/products/{made['id']}").json()["current_price"] == 1000
    learn()
    assert found(anyone, brand=brand, max_price=1000) == [made["id"]]


def test_what_is_archived_leaves_the_list(admin, anyone, make):
    made = make(brand=support.unique("Marca"))
    for status, expected in (("archived", []), ("active", [made["id"]]), ("draft", [])):
        admin.patch(f"/v1/products/{made['id']}", {"status": status})
        assert found(anyone, brand=made["brand"]) == expected


# Suggestions ------------------------------------------------------------------------------------

def test_suggestions_complete_what_is_being_typed(admin, anyone, make):
    name = word()
    category = admin.post("/v1/categories", {"name": f"Linha {name}"}).json()
    made = make(name=f"Cafeteira {name}", price=7000)
    learn()
    for typed in (name[:5], name[:-1], f"cafeteira {name[:6]}", name.upper()):
        answer = anyone.get("/v1/products/suggest", params={"q": typed}).json()
        assert answer["words"][0].endswith(name), typed
        assert answer["products"] == [{
            "id": made["id"], "slug": made["slug"], "name": made["name"], "price": 7000,
            "currency": "BRL"}], typed
    suggested = anyone.get("/v1/products/suggest", params={"q": f"linha {name[:6]}"}).json()
    assert [c["id"] for c in suggested["categories"]] == [category["id"]]


def test_suggestions_of_nothing_are_empty(anyone):
    for typed in (word(), "!", "'", "%", "_"):
        answer = anyone.get("/v1/products/suggest", params={"q": typed})
        assert answer.json() == {"words": [], "categories": [], "products": []}, typed
    assert_problem(anyone.get("/v1/products/suggest"), 422, pointer="q")
