"""Roles: what they allow, who may change them, and that nobody gives more than he has."""
import pytest

import support
from support import assert_problem


def put(caller, name, *permissions, **options):
    return caller.put(f"/v1/roles/{name}", {
        "description": "de teste", "permissions": list(permissions)}, **options)


@pytest.fixture
def chief(admin, make_role, make_user):
    """One who makes roles and gives them, and otherwise knows about stock alone."""
    return make_user(make_role("roles:write", "roles:assign", "stock:read", "stock:write"))


# Reading -------------------------------------------------------------------------------------

def test_roles_are_listed_for_those_who_assign_them(admin, customer):
    roles = {role["name"]: role for role in admin.get("/v1/roles").json()["data"]}
    assert {"admin", "manager", "stock", "support", "customer"} <= roles.keys()
    assert {name for name, role in roles.items() if role["built_in"]} == {"admin", "customer"}
    permissions = {item["name"] for item in admin.get("/v1/permissions").json()["data"]}
    assert set(roles["admin"]["permissions"]) == permissions
    assert admin.get("/v1/roles/stock").json() == roles["stock"]
    assert_problem(admin.get("/v1/roles/emperor"), 404, "not_found")
    assert_problem(customer.get("/v1/roles"), 403, "forbidden")


def test_every_permission_that_a_route_asks_for_has_a_sentence_in_both_languages(customer):
    said = {language: {item["name"]: item["description"] for item in customer.get(
        "/v1/permissions", headers={"Accept-Language": language}).json()["data"]}
        for language in ("en", "pt-BR")}
    asked = {permission for _, _, permission in support.routes() if ":" in permission}
    assert asked <= said["en"].keys() == said["pt-BR"].keys()
    for name, sentence in said["en"].items():
        assert sentence and said["pt-BR"][name] and sentence != said["pt-BR"][name]


# Changing ------------------------------------------------------------------------------------

def test_a_role_is_made_and_works_for_who_gets_it(admin, customer):
    name = support.unique("estoquista")
    answer = put(admin, name, "stock:read", "stock:read")
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/v1/roles/{name}")
    assert answer.json() == {"name": name, "description": "de teste", "built_in": False,
                             "permissions": ["stock:read"]}
    admin.put(f"/v1/users/{customer.id}/role", {"role": name})
    member = support.Client(customer.email, customer.password)
    assert member.get("/v1/stock").status_code == 200
    assert_problem(member.get("/v1/reports/kpis"), 403, "forbidden")


def test_a_role_is_replaced_as_a_whole(admin, make_role):
    name = make_role("stock:read", "orders:read")
    answer = admin.put(f"/v1/roles/{name}", {"description": "outra", "permissions": []})
    assert answer.status_code == 200
    assert answer.json() == admin.get(f"/v1/roles/{name}").json() == {
        "name": name, "description": "outra", "built_in": False, "permissions": []}


def test_of_two_changes_to_what_was_read_the_second_is_refused(admin, make_role):
    name = make_role("stock:read")
    tag = {"If-Match": admin.get(f"/v1/roles/{name}").headers["ETag"]}
    assert put(admin, name, "stock:write", headers=tag).status_code == 200
    assert_problem(put(admin, name, headers=tag), 412, "lost_update")
    assert_problem(admin.delete(f"/v1/roles/{name}", headers=tag), 412, "lost_update")
    assert_problem(put(admin, support.unique("novo"), headers=tag), 412, "lost_update")
    assert admin.get(f"/v1/roles/{name}").json()["permissions"] == ["stock:write"]


@pytest.mark.parametrize("name", ["Admin", "a", "9lives", "a" * 41, "x y", "papel%C3%A9"])
def test_a_name_that_is_none_is_refused(admin, name):
    assert_problem(put(admin, name), 422, "not_role_name", "/name")


def test_an_unknown_permission_is_named(admin):
    answer = put(admin, support.unique("papel"), "stock:read", "stock:burn")
    assert_problem(answer, 422, "unknown_permission", "/permissions/1")


def test_the_role_admin_keeps_every_permission(admin):
    before = admin.get("/v1/roles/admin").json()
    assert_problem(put(admin, "admin", *before["permissions"][1:]), 409, "admin_has_all")
    assert admin.get("/v1/roles/admin").json() == before
    answer = admin.put("/v1/roles/admin", {k: before[k] for k in ("description", "permissions")})
    assert (answer.status_code, answer.json()) == (200, before)


@pytest.mark.parametrize("name", ["admin", "customer"])
def test_what_the_system_counts_on_stays(admin, name):
    assert_problem(admin.delete(f"/v1/roles/{name}"), 409, "role_built_in")


def test_a_role_that_somebody_has_stays(admin, make_role, make_user):
    name = make_role()
    user = make_user(name)
    assert assert_problem(admin.delete(f"/v1/roles/{name}"), 409, "role_in_use")["users"] == 1
    admin.put(f"/v1/users/{user.id}/role", {"role": "customer"})
    assert admin.delete(f"/v1/roles/{name}").status_code == 204
    assert_problem(admin.delete(f"/v1/roles/{name}"), 404, "not_found")


def test_a_role_that_goes_while_it_is_given_is_given_to_nobody_or_stays(admin, make_role):
    for _ in range(10):
        name, user = make_role(), support.register()
        given, gone = support.at_once(
            lambda: admin.put(f"/v1/users/{user.id}/role", {"role": name}),
            lambda: admin.delete(f"/v1/roles/{name}"))
        assert (given.status_code, gone.status_code) in {(200, 409), (422, 204)}


# No more than one has ------------------------------------------------------------------------

def test_nobody_puts_into_a_role_what_he_has_not(chief):
    answer = put(chief, support.unique("papel"), "stock:read", "users:write", "orders:read")
    problem = assert_problem(answer, 403, "grants_more")
    assert problem["permissions"] == ["orders:read", "users:write"]


def test_nobody_changes_or_removes_a_role_that_allows_more(chief, make_role):
    name = make_role("reports:read")
    assert assert_problem(put(chief, name), 403, "grants_more")["permissions"] == ["reports:read"]
    answer = chief.delete(f"/v1/roles/{name}")
    assert_problem(answer, 403, "grants_more")
    for built_in in ("admin", "manager"):
        assert_problem(put(chief, built_in), 403, "grants_more")


def test_who_may_do_a_part_rules_over_that_part(chief, make_role):
    name = make_role("stock:read")
    assert put(chief, name, "stock:read", "stock:write").status_code == 200
    assert chief.delete(f"/v1/roles/{name}").status_code == 204


def test_nobody_gives_a_role_that_allows_more(chief, customer):
    answer = chief.put(f"/v1/users/{customer.id}/role", {"role": "support"})
    problem = assert_problem(answer, 403, "grants_more")
    assert "orders:read" in problem["permissions"]
    assert "stock:read" not in problem["permissions"]
    assert customer.get("/v1/users/me").json()["role"] == "customer"
    assert_problem(chief.put(f"/v1/users/{chief.id}/role", {"role": "admin"}), 403, "grants_more")


def test_nobody_takes_a_role_from_one_who_may_more(chief, admin, make_user):
    superior = make_user("manager")
    answer = chief.put(f"/v1/users/{superior.id}/role", {"role": "customer"})
    assert_problem(answer, 403, "grants_more")
    assert superior.get("/v1/users/me").json()["role"] == "manager"
    assert_problem(chief.put(f"/v1/users/{admin.id}/role", {"role": "customer"}), 403,
                   "grants_more")


def test_a_token_from_before_the_demotion_gives_nothing_away(admin, make_user, customer):
    former = make_user("admin")
    old = {"Authorization": f"Bearer {former.token}"}
    admin.put(f"/v1/users/{former.id}/role", {"role": "customer"})
    for answer in (
            former.put(f"/v1/users/{customer.id}/role", {"role": "admin"}, headers=old),
            put(former, support.unique("papel"), "users:write", headers=old),
            former.post("/v1/service-accounts", {"name": support.unique("x"), "scopes": [
                "users:write"]}, headers=old)):
        assert answer.status_code == 403, answer.text


# Giving roles to users -----------------------------------------------------------------------

def test_a_new_role_is_in_force_with_the_next_sign_in(admin, customer):
    assert_problem(customer.get("/v1/stock"), 403)
    answer = admin.put(f"/v1/users/{customer.id}/role", {"role": "stock"})
    assert (answer.status_code, answer.json()["role"]) == (200, "stock")
    assert support.Client(customer.email, customer.password).get("/v1/stock").status_code == 200


def test_an_unknown_role_is_refused(admin, customer):
    answer = admin.put(f"/v1/users/{customer.id}/role", {"role": "emperor"})
    assert_problem(answer, 422, "unknown_role", "/role")
    assert customer.get("/v1/users/me").json()["role"] == "customer"


def test_a_role_for_nobody_is_not_found(admin):
    answer = admin.put("/v1/users/00000000-0000-7000-8000-000000000000/role", {"role": "stock"})
    assert_problem(answer, 404, "not_found")


def test_only_who_may_assigns_roles(make_user, customer):
    for caller in (customer, make_user("manager"), make_user("support")):
        answer = caller.put(f"/v1/users/{customer.id}/role", {"role": "admin"})
        assert_problem(answer, 403, "forbidden")
    assert customer.get("/v1/users/me").json()["role"] == "customer"


@pytest.fixture
def only_admin(admin):
    """The admin, with no other beside him; he is one again afterwards, whatever happens."""
    support.rows(f"UPDATE registry.users SET role = 'customer' WHERE role = 'admin' "
                 f"AND id <> '{admin.id}'")
    yield admin
    support.rows(f"UPDATE registry.users SET role = 'admin' WHERE id = '{admin.id}'")


def test_the_last_admin_stays_one(only_admin):
    answer = only_admin.put(f"/v1/users/{only_admin.id}/role", {"role": "customer"})
    assert_problem(answer, 409, "last_admin")
    assert only_admin.get("/v1/users/me").json()["role"] == "admin"


def test_two_admins_who_demote_each_other_at_once_leave_one(only_admin, make_user):
    second = make_user("admin")
    tokens = only_admin.token, second.token

    def demote(token, user_id):
        return support.Client().put(f"/v1/users/{user_id}/role", {"role": "customer"},
                                    headers={"Authorization": f"Bearer {token}"})
    answers = support.at_once(lambda: demote(tokens[0], second.id),
                              lambda: demote(tokens[1], only_admin.id))
    # The second to come is no admin any more, and so may not demote one.
    assert sorted(answer.status_code for answer in answers) == [200, 403]
    assert support.value("SELECT count(*) FROM registry.users WHERE role = 'admin'") == "1"
