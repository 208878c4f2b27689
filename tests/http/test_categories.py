"""Categories: the tree that shoppers browse."""
import concurrent.futures
import os
import subprocess
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


@pytest.fixture(scope="module")
def branch(make_category):
    """branch(n): n categories, each below the one before."""
    def make(length):
        made = [make_category()]
        while len(made) < length:
            made.append(make_category(parent_id=made[-1]["id"]))
        return made
    return make


@pytest.fixture(scope="module", autouse=True)
def counts_are_right():
    """After all tests, whatever they did."""
    yield
    assert support.rows("SELECT * FROM products.category_integrity") == []


def path(category):
    return f"/v1/categories/{category['id']}"


def refused_sql(sql):
    """How the database refuses statements of its owner, who is past every program."""
    done = subprocess.run(["psql", "-X", "-q", os.environ["VENDAS_DATABASE_URL"], "-c", sql],
                          capture_output=True, text=True, timeout=30, check=False)
    return done.stderr


def counts(client, *categories):
    """[(products, products_total)] of these categories, as the tree has them."""
    tree = {item["id"]: item for item in support.tree(client)}
    return [(tree[c["id"]]["products"], tree[c["id"]]["products_total"]) for c in categories]


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
    assert counts(anyone, top, below) == [(0, 2), (2, 2)]
    tree = {item["id"]: item for item in support.tree(anyone)}
    assert tree[below["id"]] == {
        "id": below["id"], "parent_id": top["id"], "slug": below["slug"], "name": below["name"],
        "position": 0, "products": 2, "products_total": 2}


def test_categories_come_by_position_then_by_name(anyone, make_category):
    mark = support.unique()
    made = [make_category(name=f"{name} {mark}", position=position)["id"]
            for name, position in (("B", 3), ("A", 3), ("Z", 2))]
    listed = [item["id"] for item in support.tree(anyone) if mark in item["name"]]
    assert listed == [made[2], made[1], made[0]]


@pytest.mark.parametrize("fields, pointer, code", [
    ({"name": ""}, "/name", "required"), ({"name": "x" * 121}, "/name", "too_long"),
    ({"name": None}, "/name", "not_null"), ({"parent_id": "casa"}, "/parent_id", "not_uuid"),
    ({"parent_id": "00000000-0000-7000-8000-000000000000"}, "/parent_id", "unknown_category"),
    ({"slug": "Com Espaço"}, "/slug", "not_slug"), ({"slug": "-x-"}, "/slug", "not_slug"),
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


# Reading --------------------------------------------------------------------------------------

def test_a_category_tells_its_path_and_what_is_below_it(anyone, branch, make_category, make_product):
    top, middle, low = branch(3)
    other = make_category(parent_id=middle["id"])
    make_product(stock=0, category_ids=[low["id"]])
    read = anyone.get(path(middle)).json()
    assert read["path"] == [{name: c[name] for name in ("id", "slug", "name")}
                            for c in (top, middle)]
    assert {c["id"]: (c["products"], c["products_total"]) for c in read["children"]} == {
        low["id"]: (1, 1), other["id"]: (0, 0)}
    assert (read["products"], read["products_total"]) == (0, 1)


def test_a_tree_may_be_as_deep_as_one_likes(anyone, branch, make_product):
    made = branch(60)
    make_product(stock=0, category_ids=[made[-1]["id"]])
    assert [c["id"] for c in anyone.get(path(made[-1])).json()["path"]] == [
        c["id"] for c in made]
    assert counts(anyone, *made) == [(0, 1)] * 59 + [(1, 1)]


# Counting -------------------------------------------------------------------------------------

def test_a_product_in_several_categories_counts_once_above(anyone, branch, make_category, make_product):
    top, left = branch(2)
    right = make_category(parent_id=top["id"])
    make_product(stock=0, category_ids=[left["id"], right["id"], top["id"]])
    make_product(stock=0, category_ids=[left["id"]])
    assert counts(anyone, top, left, right) == [(1, 2), (2, 2), (1, 1)]


def test_counts_follow_what_becomes_of_a_product(admin, anyone, branch, make_category, make_product):
    top, left = branch(2)
    right, elsewhere = make_category(parent_id=top["id"]), make_category()
    product = f"/v1/products/{make_product(stock=0, category_ids=[left['id']])['id']}"
    steps = [({"category_ids": [left["id"], right["id"]]}, [(0, 1), (1, 1), (1, 1), (0, 0)]),
             ({"category_ids": [right["id"], elsewhere["id"]]}, [(0, 1), (0, 0), (1, 1), (1, 1)]),
             ({"status": "archived"}, [(0, 0), (0, 0), (0, 0), (0, 0)]),
             ({"category_ids": [left["id"]]}, [(0, 0), (0, 0), (0, 0), (0, 0)]),
             ({"status": "active"}, [(0, 1), (1, 1), (0, 0), (0, 0)])]
    for change, expected in steps:
        assert admin.patch(product, change).status_code == 200
        assert counts(anyone, top, left, right, elsewhere) == expected, change
    assert admin.delete(product).status_code == 204
    assert counts(anyone, top, left) == [(0, 0), (0, 0)]


def test_products_that_come_at_once_are_all_counted(admin, anyone, branch):
    top, low = branch(2)
    token = {"Authorization": f"Bearer {admin.token}"}
    answers = support.at_once(*[lambda: support.Client().post(
        "/v1/products", support.product_body(category_ids=[low["id"]]), headers=token)
        for _ in range(12)])
    assert [answer.status_code for answer in answers] == [201] * 12
    assert counts(anyone, top, low) == [(0, 12), (12, 12)]


def test_the_counts_of_a_category_do_not_grow_with_what_is_done_to_it(admin, branch):
    low = branch(2)[1]
    for _ in range(10):
        assert admin.post("/v1/products", support.product_body(
            category_ids=[low["id"]])).status_code == 201
    rows = int(support.value("SELECT count(*) FROM products.category_counts"
                             f" WHERE category_id = '{low['id']}'"))
    assert rows <= 2  # what was added while another one summed up waits for the next


# Moving ---------------------------------------------------------------------------------------

def test_a_category_moves_with_all_that_is_below_it(admin, anyone, branch, make_product):
    old, middle, low = branch(3)
    new_top, new = branch(2)
    make_product(stock=0, category_ids=[low["id"]])
    make_product(stock=0, category_ids=[low["id"], new["id"], old["id"]])
    answer = admin.patch(path(middle), {"parent_id": new["id"]})
    assert answer.status_code == 200
    assert [c["id"] for c in answer.json()["path"]] == [new_top["id"], new["id"], middle["id"]]
    assert counts(anyone, old, new_top, new, middle, low) == [(1, 1), (0, 2), (1, 2), (0, 2), (2, 2)]
    assert anyone.get(path(low)).json()["path"][0]["id"] == new_top["id"]
    assert admin.patch(path(middle), {"parent_id": None}).json()["path"][0]["id"] == middle["id"]
    assert counts(anyone, old, new_top, new) == [(1, 1), (0, 1), (1, 1)]


def test_products_are_found_where_their_category_has_moved_to(admin, anyone, branch, make_product):
    old, low = branch(2)
    new = branch(1)[0]
    product = make_product(stock=0, category_ids=[low["id"]])
    assert support.found(anyone, category=old["slug"]) == [product["id"]]
    admin.patch(path(low), {"parent_id": new["id"]})
    assert support.found(anyone, category=old["slug"]) == []
    assert support.found(anyone, category=new["slug"]) == [product["id"]]


def test_many_products_are_soon_found_where_their_category_has_moved_to(admin, anyone, branch):
    mark, new = support.unique("Muitos"), branch(1)[0]
    report = admin.post("/v1/ingest", [
        {"source": "loja-teste", "source_id": f"{mark}-{n}", "url": "https://loja.example/p/1",
         "name": f"{mark} {n}", "price": 1990, "currency": "BRL", "category": mark} for n in range(201)])
    assert report.json()["counts"]["created"] == 201
    admin.patch(path(anyone.get(f"/v1/categories/{mark.lower()}").json()), {"parent_id": new["id"]})
    assert support.run_job("relist").returncode == 0
    page = anyone.get("/v1/products", params={"category": new["slug"], "facets": "true"}).json()
    assert {c["id"]: c["count"] for c in page["facets"]["categories"]}[new["id"]] == 201


@pytest.mark.parametrize("onto", [0, 1, 3])
def test_a_category_can_not_stand_below_itself(admin, anyone, branch, onto):
    made = branch(4)
    answer = admin.patch(path(made[0]), {"parent_id": made[onto]["id"]})
    problem = assert_problem(answer, 422, pointer="/parent_id")
    assert problem["errors"][0]["code"] == "category_cycle"
    assert anyone.get(path(made[0])).json()["parent_id"] is None


def test_moves_at_once_that_would_close_a_circle_are_not_all_done(admin, anyone, make_category):
    token = {"Authorization": f"Bearer {admin.token}"}
    for _ in range(5):
        made = [make_category() for _ in range(3)]
        answers = support.at_once(*[
            lambda below=below, above=above: support.Client().patch(
                path(below), {"parent_id": above["id"]}, headers=token)
            for below, above in zip(made, made[1:] + made[:1])])
        assert sorted(answer.status_code for answer in answers) == [200, 200, 422]
        assert len(anyone.get(path(made[0])).json()["path"]) <= 3


def test_the_schema_itself_knows_no_circle(branch):
    top, middle, low = branch(3)
    for above in (low, middle):
        assert "category_cycle" in refused_sql(
            f"UPDATE products.categories SET parent_id = '{above['id']}' WHERE id = '{top['id']}'")
    first, second = branch(1)[0], branch(1)[0]
    # Both moves in one statement, and each in a transaction that sees nothing of the other.
    assert "category_cycle" in refused_sql(
        "UPDATE products.categories SET parent_id = CASE id"
        f" WHEN '{first['id']}' THEN '{second['id']}'::uuid ELSE '{first['id']}' END"
        f" WHERE id IN ('{first['id']}', '{second['id']}')")
    with concurrent.futures.ThreadPoolExecutor(1) as background:
        with support.open_transaction(f"UPDATE products.categories SET parent_id = '{second['id']}'"
                                      f" WHERE id = '{first['id']}'"):
            late = background.submit(
                refused_sql, "BEGIN ISOLATION LEVEL REPEATABLE READ;"
                " SELECT count(*) FROM products.categories;"
                f" UPDATE products.categories SET parent_id = '{first['id']}'"
                f" WHERE id = '{second['id']}'; COMMIT")
            support.wait_for_locks()
        assert "could not serialize" in late.result()


# Editing --------------------------------------------------------------------------------------

def test_an_edit_needs_the_version_that_it_was_made_from(admin, make_category):
    category = make_category()
    old = {"If-Match": admin.get(path(category)).headers["ETag"]}
    answer = admin.patch(path(category), {"name": "Copa", "position": 7}, headers=old)
    assert (answer.json()["name"], answer.json()["position"]) == ("Copa", 7)
    assert answer.json()["slug"] == category["slug"]
    assert_problem(admin.patch(path(category), {"name": "Sala"}, headers=old), 412, "lost_update")
    assert_problem(admin.delete(path(category), headers=old), 412, "lost_update")
    new = {"If-Match": answer.headers["ETag"]}
    assert admin.delete(path(category), headers=new).status_code == 204
    assert_problem(admin.patch(path(category), {"name": "Sala"}), 404, "not_found")


def test_a_product_that_comes_in_makes_no_edit_of_its_category_fail(admin, make_category, make_product):
    category = make_category()
    tag = {"If-Match": admin.get(path(category)).headers["ETag"]}
    make_product(stock=0, category_ids=[category["id"]])
    assert admin.patch(path(category), {"name": "Copa"}, headers=tag).status_code == 200


@pytest.mark.parametrize("change, pointer, code", [
    ({"name": None}, "/name", "not_null"), ({"slug": "A b"}, "/slug", "not_slug"),
    ({"id": str(uuid.uuid4())}, "/id", "immutable"),
    ({"parent_id": "00000000-0000-7000-8000-000000000000"}, "/parent_id", "unknown_category")])
def test_a_faulty_change_is_refused_by_its_field(admin, make_category, change, pointer, code):
    problem = assert_problem(admin.patch(path(make_category()), change), 422, pointer=pointer)
    assert problem["errors"][0]["code"] == code


def test_an_old_address_sends_on_and_nobody_else_gets_it(admin, anyone, make_category):
    category, first = make_category(), support.unique("antes")
    for slug in (first, support.unique("depois")):
        assert admin.patch(path(category), {"slug": slug}).status_code == 200
    for old in (category["slug"], first):
        answer = anyone.get(f"/v1/categories/{old}")
        assert (answer.status_code, answer.headers["Location"]) == (301, f"/v1/categories/{slug}")
    assert_problem(admin.post("/v1/categories", {"name": "Outra", "slug": first}),
                   409, "already_exists", "/slug")
    assert_problem(admin.patch(path(make_category()), {"slug": first}), 409, "already_exists", "/slug")
    assert admin.patch(path(category), {"slug": first}).status_code == 200
    assert anyone.get(f"/v1/categories/{first}").status_code == 200
    assert anyone.get(f"/v1/categories/{slug}").headers["Location"] == f"/v1/categories/{first}"


# Deleting and merging -------------------------------------------------------------------------

def test_what_holds_something_is_not_deleted(admin, anyone, branch, make_product):
    top, low = branch(2)
    make_product(stock=0, category_ids=[low["id"]], status="archived")
    problem = assert_problem(admin.delete(path(top)), 409, "category_in_use")
    assert problem["reasons"] == ["has_children"]
    problem = assert_problem(admin.delete(path(low)), 409, "category_in_use")
    assert problem["reasons"] == ["has_products"]
    assert anyone.get(path(low)).status_code == 200


def test_an_empty_category_is_deleted(admin, anyone, make_category):
    category = make_category()
    assert admin.delete(path(category)).status_code == 204
    assert_problem(anyone.get(path(category)), 404, "not_found")
    assert_problem(admin.delete(path(category)), 404, "not_found")


def test_no_product_slips_into_a_category_that_is_being_deleted(admin, anyone, make_category):
    token = {"Authorization": f"Bearer {admin.token}"}
    for _ in range(5):
        category = make_category()
        answers = support.at_once(
            lambda: support.Client().delete(path(category), headers=token),
            lambda: support.Client().post("/v1/products", support.product_body(
                category_ids=[category["id"]]), headers=token))
        assert [a.status_code for a in answers] in ([204, 422], [409, 201]), answers[1].text


def merged(admin, category, into, how):
    if how == "merge":
        return admin.post(f"{path(category)}/merge", {"into": into["id"]})
    return admin.delete(f"{path(category)}?move_to={into['id']}")


@pytest.mark.parametrize("how", ["merge", "move_to"])
def test_merging_moves_products_and_children_and_the_address(
        admin, anyone, branch, make_category, make_product, how):
    top, gone = branch(2)
    child, into = make_category(parent_id=gone["id"]), make_category()
    first = make_category(slug=support.unique("antes"), parent_id=gone["id"])
    admin.post(f"{path(first)}/merge", {"into": gone["id"]})
    products = [make_product(stock=0, category_ids=ids)["id"] for ids in (
        [gone["id"]], [gone["id"], into["id"]], [child["id"], top["id"]])]
    answer = merged(admin, gone, into, how)
    assert answer.status_code == (200 if how == "merge" else 204)
    assert counts(anyone, top, into, child) == [(1, 1), (2, 3), (1, 1)]
    assert_problem(anyone.get(path(gone)), 404, "not_found")
    for old in (gone, first):
        assert anyone.get(f"/v1/categories/{old['slug']}").headers["Location"] == (
            f"/v1/categories/{into['slug']}")
    assert [anyone.get(f"/v1/products/{product}").json()["category_ids"] for product in products] == [
        [into["id"]], [into["id"]], sorted([child["id"], top["id"]])]
    assert set(support.found(anyone, category=into["slug"])) == set(products)


def test_a_merge_of_more_than_one_step_moves_all(admin, anyone, make_category):
    gone, into = make_category(), make_category()
    support.rows(
        "WITH made AS (INSERT INTO products.products (slug, name, price, currency)"
        f" SELECT '{gone['slug']}-' || n, 'Caneca', 1, 'BRL' FROM generate_series(1, 2001) AS n"
        " RETURNING id), variants AS (INSERT INTO products.variants (product_id, sku)"
        f" SELECT id, id::text FROM made) INSERT INTO products.product_categories"
        f" SELECT id, '{gone['id']}' FROM made;"
        "SELECT products.refresh(array_agg(product_id)) FROM products.product_categories"
        f" WHERE category_id = '{gone['id']}'")
    assert counts(anyone, gone) == [(2001, 2001)]
    assert merged(admin, gone, into, "merge").status_code == 200
    assert counts(anyone, into) == [(2001, 2001)]
    stale = support.value("SELECT count(*) FROM products.documents WHERE document LIKE '%"
                          f"{gone['id']}%'")
    assert stale == "0"


@pytest.mark.parametrize("how, pointer", [("merge", "/into"), ("move_to", "move_to")])
def test_a_category_is_not_merged_into_what_is_below_it(admin, branch, how, pointer):
    top, middle, low = branch(3)
    for into, code in ((low, "category_cycle"), (top, "category_cycle"),
                       ({"id": str(uuid.uuid4())}, "unknown_category")):
        problem = assert_problem(merged(admin, top, into, how), 422, code, pointer)
        assert len(problem["errors"]) == 1
    assert merged(admin, middle, top, how).status_code in (200, 204)


def test_two_that_are_merged_into_each_other_at_once_leave_one(admin, make_category, make_product):
    token = {"Authorization": f"Bearer {admin.token}"}
    pair = [make_category(), make_category()]
    product = make_product(stock=0, category_ids=[c["id"] for c in pair])
    answers = support.at_once(*[lambda a=a, b=b: support.Client().post(
        f"{path(a)}/merge", {"into": b["id"]}, headers=token) for a, b in (pair, pair[::-1])])
    assert 200 in [answer.status_code for answer in answers]
    assert {answer.status_code for answer in answers} <= {200, 404, 422}
    left = [c["id"] for c in pair if admin.get(path(c)).status_code == 200]
    assert admin.get(f"/v1/products/{product['id']}").json()["category_ids"] == left
    assert len(left) == 1


def test_a_collected_path_leads_where_its_category_was_merged_into(
        admin, anyone, make_account, make_category):
    mark = support.unique("casa")
    collector = make_account("products:ingest")
    item = {"source": mark, "source_id": "1", "name": "Bule", "price": 1, "currency": "BRL",
            "category": f"{mark} > Copa"}
    assert collector.post("/v1/ingest", [item]).json()["counts"]["created"] == 1
    category = anyone.get(f"/v1/categories/{mark}-copa").json()
    into = make_category()
    assert merged(admin, category, into, "merge").status_code == 200
    results = collector.post("/v1/ingest", [{**item, "source_id": "2"}]).json()["results"]
    product = anyone.get(f"/v1/products/{results[0]['product_id']}").json()
    assert product["category_ids"] == [into["id"]]


def test_what_is_done_to_categories_is_audited(admin, make_user):
    manager = make_user("manager")
    category, into = [manager.post("/v1/categories", {"name": support.unique("Casa")}).json()
                      for _ in range(2)]
    manager.patch(path(category), {"name": "Copa"})
    manager.post(f"{path(category)}/merge", {"into": into["id"]})
    manager.delete(path(into))
    acts = admin.get("/v1/audit", params={"actor": manager.id}).json()["data"][::-1]
    assert [(act["action"], act["subject"]) for act in acts[1:]] == [
        ("category.created", into["id"]), ("category.changed", category["id"]),
        ("category.merged", category["id"]), ("category.deleted", into["id"])]
    assert (acts[2]["before"], acts[2]["after"]) == ({"name": category["name"]}, {"name": "Copa"})
    assert acts[3]["after"] == {"into": into["id"]}
