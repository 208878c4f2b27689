"""The part of a shop day that is about accounts: people who register and look after what is theirs, and
the roles and service accounts that the owner makes."""
import contract
import support
import test_second_factor
from support import ok


class Caller(support.Client):
    """A client whose accepted bodies fit the contract too."""

    def request(self, method, path, **options):
        answer = super().request(method, path, **options)
        operation = contract.find(method, path.partition("?")[0])
        if answer.ok and options.get("json") is not None:
            schema = contract.request_schema(operation)
            assert contract.faults(schema, options["json"]) == [], operation.id
        return answer


def people(owner):
    """Registers, signs in and out; the customer of the day."""
    stranger = Caller()
    new = {"name": "Ana Lima", "email": f"{support.unique('ana')}@example.com",
           "password": "correct horse battery"}
    ok(stranger.post("/v1/users", new), 202)
    ok(stranger.post("/v1/email-confirmations", {"email": new["email"]}), 202)
    proof = {"token": support.token_in(support.letters(new["email"])[-1]),
             "password": new["password"]}
    ok(stranger.put("/v1/email-confirmations", proof))
    ok(stranger.post("/v1/password-resets", {"email": new["email"]}), 202)
    reset = {"token": support.token_in(support.letters(new["email"])[-1])}
    ok(stranger.put("/v1/password-resets", {**reset, "password": new["password"]}), 204)
    credentials = {"email": new["email"], "password": new["password"]}
    ok(stranger.post("/v1/sessions", {**credentials, "password": "guessed"}), 401)
    tokens = ok(stranger.post("/v1/sessions", credentials), 201)
    pair = {"refresh_token": tokens["refresh_token"]}
    ok(stranger.post("/v1/sessions/refresh", pair))
    ok(stranger.post("/v1/sessions/refresh", pair), 401)
    ok(stranger.get("/v1/sessions/current"), 401)
    ok(stranger.get("/v1/sessions/current", auth=(new["email"], new["password"])))

    ana = Caller(new["email"], new["password"])
    me = ana.get("/v1/users/me")
    user = me.json()
    ana.id = user["id"]
    tag = {"If-None-Match": me.headers["ETag"]}
    assert ana.get("/v1/users/me", headers=tag).status_code == 304
    ok(ana.patch("/v1/users/me", {"name": "Ana M. Lima"}, headers={
        "If-Match": me.headers["ETag"]}))
    ok(ana.patch("/v1/users/me", {"name": "Ana"}, headers={"If-Match": me.headers["ETag"]}), 412)
    ok(owner.put(f"/v1/users/{user['id']}/role", {"role": "customer"}))
    assert ok(owner.get("/v1/users?limit=1"))["next_cursor"]
    ok(owner.get(f"/v1/customers/{user['id']}"))
    ok(owner.get("/v1/audit?limit=1"))
    again = Caller(new["email"], new["password"])
    ok(again.delete("/v1/sessions/current"), 204)
    return ana


def oneself(owner, ana):
    """What people do about their own account, and staff about it."""
    proof = {"password": ana.password}
    other = ok(ana.post("/v1/sessions", {"email": ana.email, **proof}), 201)
    assert other["refresh_token"]
    assert len(ok(ana.get("/v1/sessions?limit=1"))["data"]) == 1
    listed = [session for session in ok(ana.get("/v1/sessions"))["data"]
              if not session["current"]]
    ok(ana.delete(f"/v1/sessions/{listed[0]['id']}"), 204)
    ok(ana.delete("/v1/sessions"), 204)

    path = "/v1/users/me/second-factor"
    secret = ok(ana.post(path, proof), 201)["secret"]
    phone = test_second_factor.Phone(secret)
    ok(ana.put(path, {"code": phone.code()}))
    ok(ana.get(path))
    ok(ana.post(path, proof), 409)
    ok(ana.post("/v1/users/me/recovery-codes", {**proof, "code": phone.code()}), 201)
    ok(owner.delete(f"/v1/users/{ana.id}/second-factor"), 204)
    ok(ana.put(path, {"code": "123456"}), 409)
    ok(ana.post("/v1/users/me/recovery-codes", proof), 409)

    ok(ana.post("/v1/users/me/consents", {
        "purpose": "newsletter", "version": "1", "granted": True}), 201)
    ok(ana.get("/v1/users/me/consents?limit=1"))
    document = {"document": support.new_cpf()}
    ok(ana.patch("/v1/users/me", {**document, "phone": "11 98765-4321", "birth_date": None}))
    ok(owner.put(f"/v1/users/{ana.id}/document-verification", document))
    bia = support.register(name="Bia Reis")
    ok(bia.patch("/v1/users/me", document))
    ok(owner.put(f"/v1/users/{bia.id}/document-verification", document), 409)
    new = f"{support.unique('bia')}@example.com"
    ok(bia.put("/v1/users/me/email", {"email": new, "password": bia.password}), 202)
    taken = support.token_in(support.letters(new)[-1])
    support.rows(f"UPDATE registry.users SET email = '{new}' WHERE id = '{ana.id}'")
    ok(support.Client().put("/v1/email-confirmations", {"token": taken}), 409)
    support.rows(f"UPDATE registry.users SET email = '{ana.email}' WHERE id = '{ana.id}'")
    ok(bia.delete("/v1/users/me", json={"password": bia.password}), 204)


def privileges(owner):
    """Makes a role and a service account, changes them, and takes them back."""
    for path in ("/v1/roles", "/v1/permissions"):
        ok(owner.get(path))
    role = f"/v1/roles/{support.unique('turno')}"
    body = {"description": "abre a loja", "permissions": ["orders:read", "stock:read"]}
    ok(owner.put(role, body), 201)
    old = owner.get(role).headers["ETag"]
    assert owner.get(role, headers={"If-None-Match": old}).status_code == 304
    ok(owner.put(role, {**body, "permissions": []}, headers={"If-Match": old}))
    ok(owner.put(role, body, headers={"If-Match": old}), 412)
    ok(owner.put("/v1/roles/admin", body), 409)
    ok(owner.delete("/v1/roles/customer"), 409)
    ok(owner.delete(role, headers={"If-Match": old}), 412)
    ok(owner.delete(role), 204)

    body = {"name": support.unique("ERP"), "scopes": ["orders:read"]}
    client = ok(owner.post("/v1/service-accounts", body), 201)
    ok(owner.post("/v1/service-accounts", body), 409)
    ok(owner.get("/v1/service-accounts?limit=1"))
    path = f"/v1/service-accounts/{client['client_id']}"
    old = owner.get(path).headers["ETag"]
    assert owner.get(path, headers={"If-None-Match": old}).status_code == 304
    ok(owner.patch(path, {"scopes": ["orders:read", "stock:read"]}, headers={"If-Match": old}))
    ok(owner.patch(path, {"name": "x"}, headers={"If-Match": old}), 412)
    ok(Caller().post("/v1/tokens", {**client, "scope": "stock:read"}))
    ok(owner.post(f"{path}/secrets", {"old_expires_in": 60}), 201)
    first = ok(owner.get(path))["secrets"][0]
    ok(owner.delete(f"{path}/secrets/{first['id']}"), 204)
    ok(owner.delete(path), 204)
    ok(owner.patch(path, {"name": "x"}), 409)
    ok(owner.post(f"{path}/secrets"), 409)
    ok(owner.delete(f"{path}/secrets/{first['id']}"), 409)


def homes(ana):
    """Keeps as many addresses as there may be, and fewer again."""
    path = "/v1/users/me/addresses"
    body = {**support.ADDRESS, "complement": "apto 12", "default": True}
    answer = ana.post(path, body)
    home = ok(answer, 201)
    for _ in range(19):
        ok(ana.post(path, support.ADDRESS), 201)
    ok(ana.post(path, support.ADDRESS), 409)
    ok(ana.get(path))
    one = answer.headers["Location"]
    read = ana.get(one)
    assert ok(read) == home
    tag = read.headers["ETag"]
    assert ana.get(one, headers={"If-None-Match": tag}).status_code == 304
    ok(ana.patch(one, {"number": "2", "complement": None}, headers={"If-Match": tag}))
    ok(ana.patch(one, {"number": "3"}, headers={"If-Match": tag}), 412)
    ok(ana.delete(one, headers={"If-Match": tag}), 412)
    ok(ana.delete(one), 204)
