"""Who may call what: every route of every program, tried as everybody there is.

The routes come from the programs (`PROGRAM --routes`), the bodies from the contract's examples, so
that what is new is tried without a word here."""
import re
import uuid

import pytest

import contract
import support
from test_contract import example_of

ROUTES = support.routes()
PERMISSIONS = sorted({permission for _, _, permission in ROUTES if ":" in permission})
NOTHING = "00000000-0000-7000-8000-000000000000"

# Open to anyone, but to say whether somebody is signed in.
ASKS_WHO = ("GET", "/v1/sessions/current")
# Would sign the callers of other tries out.
SIGN_OUT = {("DELETE", "/v1/sessions/current"), ("DELETE", "/v1/sessions")}

every_route = pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r[0]} {r[1]}")


def call(client, route, path=None, **options):
    """The route with nothing in its gaps: it is found out whether the caller may, and no more."""
    path = path or re.sub(r"\{\w+\}", NOTHING, route[1])
    answer = client.request(route[0], path, **options)
    assert answer.status_code < 500, answer.text
    return answer


def refused(answer):
    return answer.status_code == 401 or (
        answer.status_code == 403 and answer.json()["code"] == "forbidden")


@pytest.fixture(scope="module")
def people(admin, make_user, make_role):
    """{who: (client, permissions)}: each role there is at first, and one that allows nothing."""
    roles = {role["name"]: role["permissions"] for role in admin.get("/v1/roles").json()["data"]}
    found = {name: (make_user(name), roles[name])
             for name in ("manager", "stock", "support", "customer")}
    found["admin"] = (admin, roles["admin"])
    found["nothing"] = (make_user(make_role()), [])
    return found


@pytest.fixture(scope="module")
def specialists(make_user, make_role, make_account):
    """{permission: clients who have that one alone, a person and a program}."""
    return {name: (make_user(make_role(name)), make_account(name)) for name in PERMISSIONS}


@pytest.fixture(scope="module")
def all_but(make_account):
    """{permission: a program that may do everything else}."""
    return {name: make_account(*[other for other in PERMISSIONS if other != name])
            for name in PERMISSIONS}


# The table -----------------------------------------------------------------------------------

@every_route
def test_strangers_are_let_in_where_anyone_is(anyone, route):
    answer = call(anyone, route)
    if route[2] == "anyone" and route[:2] != ASKS_WHO:
        assert not refused(answer), answer.text
    else:
        support.assert_problem(answer, 401, "unauthorized")


@every_route
def test_a_role_opens_what_its_permissions_say_and_nothing_else(people, route):
    for who, (client, permissions) in people.items():
        if route[:2] in SIGN_OUT:
            continue
        answer = call(client, route)
        if ":" in route[2] and route[2] not in permissions:
            assert (who, answer.status_code) == (who, 403), answer.text
            support.assert_problem(answer, 403, "forbidden")
        else:
            assert not refused(answer), (who, answer.text)


@pytest.mark.parametrize("route", [r for r in ROUTES if ":" in r[2]],
                         ids=lambda r: f"{r[0]} {r[1]}")
def test_one_permission_opens_its_routes_and_all_others_do_not(specialists, all_but, route):
    for client in specialists[route[2]]:
        assert not refused(call(client, route))
    support.assert_problem(call(all_but[route[2]], route), 403, "forbidden")


# What is somebody's --------------------------------------------------------------------------

@pytest.fixture(scope="module")
def owner():
    return support.register()


@pytest.fixture(scope="module")
def belongings(owner, make_product, place_order, begin_payment):
    """[(what routes about something of the owner begin with, the same of what he has, where he sees
    that it is still there)]; of two that a route begins with, the first counts."""
    order = place_order(owner, make_product())
    payment = begin_payment(owner, order)
    address = owner.post("/v1/users/me/addresses", support.ADDRESS).json()
    session = owner.get("/v1/sessions").json()["data"][0]
    me = f"/v1/users/{owner.id}"
    return [("/v1/users/{id}/addresses/{address_id}", f"{me}/addresses/{address['id']}",
             f"{me}/addresses"),
            ("/v1/users/{id}", me, me),
            ("/v1/sessions/{id}", f"/v1/sessions/{session['id']}", "/v1/sessions"),
            ("/v1/orders/{id}", f"/v1/orders/{order['id']}", f"/v1/orders/{order['id']}"),
            ("/v1/payments/{id}", f"/v1/payments/{payment['id']}",
             f"/v1/payments/{payment['id']}")]


def sound_request(route):
    """What the contract says the route takes, by example: of the whole, else of each member."""
    operation = contract.find(route[0], route[1])
    schema = contract.request_schema(operation)
    body = schema and (example_of(schema) if "examples" in schema else {
        name: example_of(member) for name, member in schema["properties"].items()})
    return {"json": body, "headers": {"Idempotency-Key": str(uuid.uuid4())}}


OWNED = [r for r in ROUTES if r[2] == "signed in" and "{" in r[1]]


@pytest.mark.parametrize("route", OWNED, ids=lambda r: f"{r[0]} {r[1]}")
def test_what_is_somebody_elses_is_not_found(
        owner, people, belongings, make_account, route):
    found = [belonging for belonging in belongings if route[1].startswith(belonging[0])]
    assert found, f"whose is {route[1]}? Say it in belongings()"
    prefix, path, seen_at = found[0]
    path = re.sub(r"\{\w+\}", NOTHING, path + route[1].removeprefix(prefix))
    before = owner.get(seen_at)
    assert before.status_code == 200
    for client in (people["customer"][0], people["nothing"][0], make_account("catalog:read")):
        answer = call(client, route, path, **sound_request(route))
        support.assert_problem(answer, 404, "not_found")
    assert owner.get(seen_at).json() == before.json()


@pytest.mark.parametrize("route", [r for r in OWNED if r[1].startswith("/v1/users/{id}")],
                         ids=lambda r: f"{r[0]} {r[1]}")
def test_a_program_is_no_user_that_has_anything(make_account, route):
    path = re.sub(r"\{\w+\}", NOTHING, route[1].replace("{id}", "me"))
    answer = call(make_account("catalog:read"), route, path, **sound_request(route))
    support.assert_problem(answer, 404, "not_found")
