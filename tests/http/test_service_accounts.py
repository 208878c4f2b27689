"""Service accounts: programs that sign in with a secret, and secrets that change without a gap."""
import base64
import hashlib
import json
import time
import uuid

import pytest

import collecting
import support
from support import assert_problem

NOBODY = "00000000-0000-7000-8000-000000000000"


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def path_of(account):
    return f"/v1/service-accounts/{account.id}"


def rotate(admin, account, **body):
    """Another secret of the account, as another client."""
    answer = admin.post(f"{path_of(account)}/secrets", body or None)
    assert answer.status_code == 201, answer.text
    return support.ServiceAccount(answer.json())


# Signing in ----------------------------------------------------------------------------------

def test_a_secret_gives_a_token_for_what_the_account_may(make_account):
    account = make_account("stock:read", "orders:read")
    answer = account.sign_in()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["scope"]) == ("Bearer", "orders:read stock:read")
    said = claims(body["access_token"])
    assert (said["sub"], said["sid"], said["role"]) == (account.id, account.id, "service")
    assert said["exp"] - said["iat"] == body["expires_in"] <= 900
    assert account.get("/v1/stock").status_code == 200
    assert_problem(account.get("/v1/reports/kpis"), 403, "forbidden")


def test_a_token_can_be_asked_for_less(make_account):
    account = make_account("stock:read", "orders:read")
    token = account.sign_in(scope="stock:read").json()
    assert token["scope"] == claims(token["access_token"])["scope"] == "stock:read"
    less = {"Authorization": f"Bearer {token['access_token']}"}
    assert account.get("/v1/stock", headers=less).status_code == 200


@pytest.mark.parametrize("scope", ["users:read", "stock:read users:read", "stock:read  ", "*"])
def test_a_token_can_not_be_asked_for_more(make_account, scope):
    answer = make_account("stock:read").sign_in(scope=scope)
    problem = assert_problem(answer, 422, "validation_failed", "/scope")
    assert problem["errors"][0]["code"] == "invalid_scope"


def test_a_wrong_secret_and_an_unknown_account_get_the_same_answer(make_account):
    account, other = make_account("stock:read"), make_account("stock:read")
    answers = [account.sign_in(client_secret="wrong"),
               account.sign_in(client_secret=other.credentials["client_secret"]),
               account.sign_in(client_id=NOBODY)]
    for answer in answers:
        assert_problem(answer, 401, "invalid_client")
    assert len({json.dumps({**a.json(), "instance": ""}) for a in answers}) == 1


def test_a_person_is_no_service_account(customer):
    answer = support.Client().post("/v1/tokens", {
        "client_id": customer.id, "client_secret": customer.password})
    assert_problem(answer, 401, "invalid_client")


# Making and changing -------------------------------------------------------------------------

def test_the_secret_is_shown_once_and_kept_as_a_hash(admin, make_account):
    account = make_account("stock:read")
    secret = account.credentials["client_secret"]
    assert len(base64.urlsafe_b64decode(secret + "=")) == 32
    document = admin.get(path_of(account)).text
    assert secret not in document
    kept = support.value("SELECT encode(hash, 'hex') FROM registry.service_account_secrets "
                         f"WHERE account_id = '{account.id}'")
    assert kept == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in admin.get("/v1/service-accounts?limit=100").text


def test_an_account_is_read_as_it_was_made(admin, make_account):
    account = make_account("stock:read", "orders:read", "stock:read")
    document = admin.get(path_of(account)).json()
    assert document["scopes"] == ["orders:read", "stock:read"]
    assert (document["created_by"], document["disabled_at"]) == (admin.id, None)
    secret, = document["secrets"]
    assert (secret["expires_at"], secret["last_used_at"]) == (None, None)
    listed = admin.get("/v1/service-accounts?limit=100").json()["data"]
    assert document in listed


def test_the_last_use_of_a_secret_is_known_to_the_hour(admin, make_account):
    account = make_account("stock:read")

    def last_used():
        return admin.get(path_of(account)).json()["secrets"][0]["last_used_at"]
    account.sign_in()
    first = last_used()
    assert first is not None
    account.sign_in()
    assert last_used() == first
    support.rows("UPDATE registry.service_account_secrets SET last_used_at = now() - interval "
                 f"'61 minutes' WHERE account_id = '{account.id}'")
    account.sign_in()
    assert last_used() > first


def test_changed_scopes_are_those_of_the_next_token(admin, make_account):
    account = make_account("stock:read")
    answer = admin.patch(path_of(account), {"scopes": ["orders:read"]})
    assert (answer.status_code, answer.json()["scopes"]) == (200, ["orders:read"])
    assert account.sign_in().json()["scope"] == "orders:read"


def test_of_two_changes_to_what_was_read_the_second_is_refused(admin, make_account):
    account = make_account("stock:read")
    tag = {"If-Match": admin.get(path_of(account)).headers["ETag"]}
    name = support.unique("ERP")
    assert admin.patch(path_of(account), {"name": name}, headers=tag).json()["name"] == name
    assert_problem(admin.patch(path_of(account), {"name": "x"}, headers=tag), 412, "lost_update")


def test_a_name_belongs_to_one_account_until_it_is_disabled(admin, make_account):
    account = make_account("stock:read")
    name = admin.get(path_of(account)).json()["name"]
    body = {"name": name.upper(), "scopes": ["stock:read"]}
    assert_problem(admin.post("/v1/service-accounts", body), 409, "already_exists", "/name")
    other = make_account("stock:read")
    assert_problem(admin.patch(path_of(other), {"name": name}), 409, "already_exists", "/name")
    admin.delete(path_of(account))
    assert admin.post("/v1/service-accounts", body).status_code == 201


def test_an_unknown_permission_is_named(admin, make_account):
    answer = admin.post("/v1/service-accounts", {"name": "x", "scopes": ["stock:burn"]})
    assert_problem(answer, 422, "unknown_permission", "/scopes/0")
    answer = admin.patch(path_of(make_account("stock:read")), {"scopes": ["stock:read", "a:b"]})
    assert_problem(answer, 422, "unknown_permission", "/scopes/1")


def test_accounts_are_for_those_who_may_change_them(customer, make_user):
    for caller in (customer, make_user("manager")):
        assert_problem(caller.get("/v1/service-accounts"), 403, "forbidden")
        answer = caller.post("/v1/service-accounts", {"name": "x", "scopes": ["stock:read"]})
        assert_problem(answer, 403, "forbidden")


def test_nobody_gives_an_account_what_he_has_not_nor_rules_over_one_that_may_more(
        make_account, make_role, make_user):
    keeper = make_user(make_role("accounts:write", "stock:read"))
    strong = make_account("stock:read", "users:write")
    weak = make_account("stock:read")
    for answer in (
            keeper.post("/v1/service-accounts", {"name": support.unique(), "scopes": [
                "users:write"]}),
            keeper.patch(path_of(weak), {"scopes": ["stock:read", "users:write"]}),
            keeper.patch(path_of(strong), {"scopes": ["stock:read"]}),
            keeper.post(f"{path_of(strong)}/secrets"),
            keeper.delete(f"{path_of(strong)}/secrets/{uuid.uuid4()}"),
            keeper.delete(path_of(strong))):
        assert assert_problem(answer, 403, "grants_more")["permissions"] == ["users:write"]
    assert strong.sign_in().status_code == 200
    assert keeper.post(f"{path_of(weak)}/secrets").status_code == 201


def test_an_account_makes_no_other_that_may_more_than_itself(make_account):
    account = make_account("accounts:write", "stock:read")
    answer = account.post("/v1/service-accounts", {
        "name": support.unique(), "scopes": ["stock:read", "orders:read"]})
    assert assert_problem(answer, 403, "grants_more")["permissions"] == ["orders:read"]
    answer = account.post("/v1/service-accounts", {
        "name": support.unique(), "scopes": ["stock:read"]})
    assert answer.status_code == 201


def test_what_is_not_there_is_not_found(admin):
    path = f"/v1/service-accounts/{NOBODY}"
    for answer in (admin.get(path), admin.patch(path, {"name": "x"}), admin.delete(path),
                   admin.post(f"{path}/secrets"), admin.delete(f"{path}/secrets/{NOBODY}")):
        assert_problem(answer, 404, "not_found")


# Rotation ------------------------------------------------------------------------------------

def test_while_a_secret_changes_both_work_and_then_the_new_one_alone(admin, make_account):
    old = make_account("stock:read")
    new = rotate(admin, old, old_expires_in=2)
    assert [old.sign_in().status_code, new.sign_in().status_code] == [200, 200]
    time.sleep(2.1)
    assert_problem(old.sign_in(), 401, "invalid_client")
    assert new.sign_in().status_code == 200
    assert len(admin.get(path_of(old)).json()["secrets"]) == 1


def test_an_old_secret_holds_for_a_day_where_nothing_is_said(admin, make_account):
    old = make_account("stock:read")
    rotate(admin, old)
    left = support.value(
        "SELECT round(extract(epoch FROM expires_at - now())) FROM "
        f"registry.service_account_secrets WHERE account_id = '{old.id}' AND expires_at > now()")
    assert 86390 <= int(left) <= 86400


def test_another_rotation_gives_an_old_secret_no_more_time(admin, make_account):
    first = make_account("stock:read")
    second = rotate(admin, first, old_expires_in=1)
    third = rotate(admin, first, old_expires_in=600)
    time.sleep(1.1)
    assert [a.sign_in().status_code for a in (first, second, third)] == [401, 200, 200]


def test_rotation_under_way_refuses_nobody(admin, make_account):
    account = make_account("stock:read")

    def sign_in_often():
        return {account.sign_in().status_code for _ in range(40)}
    signed_in, _ = support.at_once(sign_in_often, lambda: rotate(admin, account))
    assert signed_in == {200}


def test_a_deleted_secret_ends_at_once_and_the_others_stay(admin, make_account):
    old = make_account("stock:read")
    new = rotate(admin, old)
    first, second = admin.get(path_of(old)).json()["secrets"]
    assert (first["expires_at"] is None, second["expires_at"]) == (False, None)
    path = f"{path_of(old)}/secrets/{first['id']}"
    assert admin.delete(path).status_code == 204
    assert_problem(old.sign_in(), 401, "invalid_client")
    assert new.sign_in().status_code == 200
    assert_problem(admin.delete(path), 404, "not_found")


def test_a_secret_of_another_account_is_not_deleted_with_it(admin, make_account):
    mine, other = make_account("stock:read"), make_account("stock:read")
    secret = admin.get(path_of(other)).json()["secrets"][0]["id"]
    assert_problem(admin.delete(f"{path_of(mine)}/secrets/{secret}"), 404, "not_found")
    assert other.sign_in().status_code == 200


def test_a_disabled_account_is_over_for_ever(admin, make_account):
    account = make_account("stock:read")
    for _ in range(2):
        assert admin.delete(path_of(account)).status_code == 204
    assert_problem(account.sign_in(), 401, "invalid_client")
    assert_problem(admin.post(f"{path_of(account)}/secrets"), 409, "account_disabled")
    assert_problem(admin.patch(path_of(account), {"name": "x"}), 409, "account_disabled")
    document = admin.get(path_of(account)).json()
    assert document["disabled_at"] and document["secrets"] == []


# What it is not ------------------------------------------------------------------------------

def test_an_account_buys_nothing_and_is_no_user(make_account, product):
    account = make_account("orders:read", "users:read")
    answer = account.post("/v1/orders", key=True, body={
        "items": [{"variant_id": product["variants"][0]["id"], "quantity": 1}],
        "shipping_address": support.ADDRESS})
    assert_problem(answer, 401, "unauthorized")
    assert_problem(account.get("/v1/users/me"), 404, "not_found")
    assert account.get("/v1/orders").status_code == 200


def test_what_an_account_does_says_so(admin, make_account, make_product):
    account = make_account("stock:write", "stock:read")
    variant = make_product()["variants"][0]["id"]
    answer = account.post("/v1/stock/movements", key=True, body={
        "variant_id": variant, "kind": "receive", "quantity": 1})
    assert answer.status_code == 201, answer.text
    assert admin.get(f"/v1/stock/{variant}").json()["movements"][0]["actor"] == account.id


# The operator --------------------------------------------------------------------------------

def test_the_operator_makes_an_account_and_gives_it_another_secret(admin):
    name, secrets = support.unique("ERP"), []
    for scopes in (["stock:read"], ["stock:read", "orders:read"]):
        job = support.vendas("job", "service-account", name, *scopes)
        assert job.returncode == 0, job.stderr
        client_id, secret = job.stdout.split()
        secrets.append(support.ServiceAccount({"client_id": client_id, "client_secret": secret}))
    assert secrets[0].id == secrets[1].id
    assert_problem(secrets[0].sign_in(), 401, "invalid_client")
    assert secrets[1].sign_in().json()["scope"] == "orders:read stock:read"
    assert admin.get(path_of(secrets[0])).json()["created_by"] is None


@pytest.mark.parametrize("arguments", [[], ["x"], ["x", "stock:burn"], ["", "stock:read"]])
def test_an_account_that_is_not_sound_is_not_made(arguments):
    job = support.vendas("job", "service-account", *arguments)
    assert (job.returncode != 0, job.stdout) == (True, "")
    assert job.stderr


def test_the_collector_has_a_token_for_curl():
    result = support.vendas("token", "collector")
    assert result.returncode == 0, result.stderr
    assert claims(result.stdout.strip())["scope"] == "products:ingest"


class Api(collecting.Site):
    """An API whose tokens live for two seconds, and which takes its time."""

    def __init__(self):
        super().__init__()
        self.tokens = 0
        self.bearers = []

    def handler(self):
        api, base = self, super().handler()

        class Handler(base):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/v1/tokens":
                    api.tokens += 1
                    answer = {"access_token": f"t{api.tokens}", "expires_in": 2}
                else:
                    time.sleep(0.7)
                    api.bearers.append(self.headers["Authorization"])
                    answer = {"counts": {"created": 1}}
                text = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        return Handler


def test_a_run_that_outlives_its_token_goes_on_with_another():
    site, api = collecting.Site(), Api()
    site.sell({f"n{i}": collecting.product(f"Item {i}", sku=f"N{i}") for i in range(450)})
    source = collecting.make_source([site.url + "/"])
    assert collecting.collect(source, VENDAS_API_URL=api.url) == 0
    site.stop()
    api.stop()
    assert len(api.bearers) == 5
    assert len(set(api.bearers)) > 1
    assert api.bearers == sorted(api.bearers)
