"""Categories: the tree that shoppers browse."""
import uuid

import pytest

import support
from support import assert_problem


@pytest.fixture(scope="module")
def make_category(admin):
    def make(**fields):
        answer = admin.post("/v1/categories", {"name": support.unique("Casa"), **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()
    return make


def test_a_category_is_read_by_id_and_by_slug(admin, anyone, make_category):
    top = make_category()
    answer = admin.post("/v1/categories", {
        "name": f"Móveis {top['name']}", "parent_id": top["id"]})
    category = answer.json()
    assert answer.headers["Location"] == f"/v1/categories/{category['id']}"
    assert category["parent_id"] == top["id"]
    assert category["slug"] == f"moveis-{top['slug']}"
    assert anyone.get(answer.headers["Location"]).json() == category
    assert anyone.get(f"/v1/categories/{category['slug']}").json() == category


def test_the_tree_tells_how_many_products_are_for_sale_in_each(anyone, make_category, make_product):
    top = make_category()
    below = make_category(parent_id=top["id"])
    make_product(stock=0, category_ids=[below["id"]])
    make_product(stock=0, category_ids=[below["id"]])
    make_product(stock=0, category_ids=[below["id"]], status="draft")
    tree = {item["id"]: item for item in anyone.get("/v1/categories").json()["data"]}
    assert tree[top["id"]] == {**top, "products": 0}
    assert tree[below["id"]] == {**below, "products": 2}


def test_categories_come_by_position_then_by_name(anyone, make_category):
    mark = support.unique()
    made = [make_category(name=f"{name} {mark}", position=position)["id"]
            for name, position in (("B", 3), ("A", 3), ("Z", 2))]
    listed = [item["id"] for item in anyone.get("/v1/categories").json()["data"]
              if mark in item["name"]]
    assert listed == [made[2], made[1], made[0]]


@pytest.mark.parametrize("fields, pointer, code", [
    ({"name": ""}, "/name", "required"), ({"name": "x" * 121}, "/name", "too_long"),
    ({"name": None}, "/name", "not_null"), ({"parent_id": "casa"}, "/parent_id", "not_uuid"),
    ({"parent_id": "00000000-0000-7000-8000-000000000000"}, "/parent_id", "unknown_category"),
    ({"slug": "Com Espaço"}, "/slug", "out_of_range"), ({"slug": "-x-"}, "/slug", "out_of_range"),
    ({"position": -1}, "/position", "too_small"), ({"position": "1"}, "/position", "not_integer"),
    ({"color": "red"}, "/color", "unknown_field")])
def test_a_faulty_field_is_named_by_its_pointer(admin, fields, pointer, code):
    answer = admin.post("/v1/categories", {"name": support.unique("Casa"), **fields})
    problem = assert_problem(answer, 422)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


def test_an_address_names_one_category(admin, make_category):
    category = make_category()
    for body in ({"name": category["name"]}, {"name": "Outra", "slug": category["slug"]}):
        assert_problem(admin.post("/v1/categories", body), 409, "already_exists", "/slug")
    other = admin.post("/v1/categories", {
        "name": category["name"], "slug": f"{category['slug']}-2"})
    assert other.status_code == 201


def test_two_that_take_one_address_at_once_are_one(admin):
    body, token = {"name": support.unique("Casa")}, admin.token
    answers = support.at_once(*[lambda: support.Client().post(
        "/v1/categories", body, headers={"Authorization": f"Bearer {token}"}) for _ in range(3)])
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


def test_only_those_with_the_permission_make_categories(anyone, customer, make_user):
    body = {"name": support.unique("Casa")}
    assert_problem(anyone.post("/v1/categories", body), 401, "unauthorized")
    assert_problem(customer.post("/v1/categories", body), 403, "forbidden")
    assert make_user("manager").post("/v1/categories", body).status_code == 201


@pytest.mark.parametrize("wanted", [str(uuid.uuid4()), "no-such-thing", "%FF", "%27%20OR%201=1"])
def test_what_is_not_there_is_not_found(anyone, wanted):
    assert_problem(anyone.get(f"/v1/categories/{wanted}"), 404, "not_found")
