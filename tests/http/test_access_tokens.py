"""Access tokens: which are believed, for how long, and what attackers try with them (RFC 8725)."""
import base64
import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

import support
from support import assert_problem
from test_failures import eventually
from tokens import claims, decode, encode, header, key_of, public_pem, sign, sign_text

# The test instance's VENDAS_SESSION_CHECK_SECONDS, and a little for the machine.
BOUND = int(support.settings()["VENDAS_SESSION_CHECK_SECONDS"]) + 1.5

# A route of each service that needs somebody signed in.
ROUTES = ("/v1/users/me", "/v1/orders", "/v1/stock", "/v1/reports/sales", "/v1/sources",
          "/v1/sessions/current")


def bearing(token, method="GET", path="/v1/users/me", **options):
    return support.Client().request(
        method, path, headers={"Authorization": f"Bearer {token}"}, **options)


def assert_refused(token):
    assert_problem(bearing(token), 401, "invalid_token")


def log_in(user):
    answer = support.Client().post("/v1/sessions", {
        "email": user.email, "password": user.password})
    assert answer.status_code == 201, answer.text
    return answer.json()["access_token"]


@pytest.fixture(scope="module")
def token():
    return log_in(support.register())


@pytest.fixture(scope="module")
def key(token):
    return key_of(header(token)["kid"])


@pytest.fixture(scope="module")
def forge(token, key):
    """forge(head=, **claims): the user's token with another header or other claims (None: without
    this one), rightly signed."""
    def make(head=None, signer=None, **changes):
        def changed(members, changes):
            return {name: value for name, value in {**members, **changes}.items()
                    if value is not None}
        return sign(changed(header(token), head or {}), changed(claims(token), changes),
                    signer or key)
    return make


def test_a_token_that_we_sign_ourselves_is_believed(forge, token):
    # Else the refusals below would prove nothing.
    assert bearing(forge()).json()["id"] == claims(token)["sub"]
    assert bearing(forge(nbf=int(time.time()))).json()["id"] == claims(token)["sub"]


# Claims --------------------------------------------------------------------------------------

@pytest.mark.parametrize("changes", [
    {"exp": 0}, {"exp": -1}, {"exp": int(time.time()) - 60}, {"exp": None}, {"exp": "tomorrow"},
    {"exp": str(int(time.time()) + 600)}, {"exp": 10 ** 12}, {"exp": 10 ** 30}, {"exp": 1e300},
    {"exp": 1.5e10}, {"exp": [2 ** 31]}, {"exp": True},
    {"nbf": int(time.time()) + 36000}, {"nbf": "now"}, {"iat": int(time.time()) + 36000},
    {"iat": None}, {"iat": "now"},
    {"iss": "http://elsewhere.example"}, {"iss": None}, {"iss": [support.URL]},
    {"aud": "another"}, {"aud": None}, {"aud": ["vendas"]}, {"aud": ["another", "vendas"]},
    {"sub": None}, {"sub": "x"}, {"sub": "' OR 1=1"}, {"sid": None}, {"sid": "x"},
    {"scope": None}, {"scope": ["users:read"]}, {"role": None}, {"role": {"name": "admin"}},
], ids=str)
def test_a_token_whose_claims_do_not_hold_is_refused(forge, changes):
    assert_refused(forge(**changes))


def test_a_token_of_another_s_session_is_refused_when_it_is_looked_up(forge, token):
    other = claims(log_in(support.register()))
    old = int(time.time()) - 60  # so that it is looked up at once
    assert bearing(forge(iat=old)).status_code == 200
    assert_refused(forge(iat=old, sub=other["sub"]))
    assert_refused(forge(iat=old, sid=other["sid"]))
    assert_refused(forge(iat=old, sid=other["sub"], sub=other["sub"]))


@pytest.mark.parametrize("more", [
    '"scope": "users:read"', '"sub": "x"', '"exp": 9999999999', '"\\u0073cope": "users:read"',
    '"x": 1, "x": 1', '"x": {"scope": "users:read"}', '"x": null', '"x": "a\\u0000b"'])
def test_claims_that_two_readers_could_read_in_two_ways_are_refused(token, key, more):
    body = json.dumps(claims(token))
    assert bearing(sign_text(json.dumps(header(token)), body, key)).status_code == 200
    assert_refused(sign_text(json.dumps(header(token)), f"{body[:-1]}, {more}}}", key))
    assert_refused(sign_text(json.dumps(header(token)), f"{{{more}, {body[1:]}", key))


# Header --------------------------------------------------------------------------------------

@pytest.mark.parametrize("kid", [
    "unknown", "", ".", "..", "../keys/x", "/etc/passwd", "/dev/null", "' OR 1=1", "x' UNION "
    "SELECT 'key' --", "|/usr/bin/id", None, 7, ["x"], {"a": "b"}, True], ids=str)
def test_a_token_of_a_key_that_we_do_not_have_is_refused(forge, kid):
    assert_refused(forge(head={"kid": kid}))


def test_a_kid_does_not_lead_around_to_our_own_key(forge, token):
    kid = header(token)["kid"]
    for path in (f"../keys/{kid}", f"./{kid}", f"{kid}\0", f"{kid}.pub", f" {kid}"):
        assert_refused(forge(head={"kid": path}))


@pytest.mark.parametrize("alg", ["ES384", "ES512", "RS256", "PS256", "EdDSA", "HS256", "es256",
                                 "ES256 ", "none", "", None, 7, ["ES256"]], ids=str)
def test_a_token_that_names_another_algorithm_is_refused(forge, alg):
    assert_refused(forge(head={"alg": alg}))


@pytest.mark.parametrize("head", [
    {"crit": ["exp"], "exp": 1}, {"crit": ["b64"], "b64": False}, {"crit": []}, {"crit": "x"},
    {"b64": False}, {"typ": "at+jwt"}, {"typ": "JOSE"}, {"typ": None}, {"cty": "JWT"},
    {"zip": "DEF"}, {"x": "unknown"}], ids=str)
def test_a_header_that_asks_for_more_than_we_do_is_refused(forge, head):
    assert_refused(forge(head=head))


def test_a_member_that_the_header_names_twice_is_refused(token, key):
    head, body = json.dumps(header(token)), json.dumps(claims(token))
    kid = header(token)["kid"]
    for more in ('"alg": "ES256"', '"alg": "none"', f'"kid": "{kid}"', '"typ": "JWT"',
                 f'"k\\u0069d": "{kid}"'):
        assert_refused(sign_text(f"{head[:-1]}, {more}}}", body, key))
        assert_refused(sign_text(f"{{{more}, {head[1:]}", body, key))


def test_a_key_that_the_token_brings_along_is_not_used(forge):
    thief = ec.generate_private_key(ec.SECP256R1())
    numbers = thief.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": encode(numbers.x.to_bytes(32, "big")),
           "y": encode(numbers.y.to_bytes(32, "big"))}
    der = thief.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    for head in ({}, {"jwk": jwk}, {"jku": "http://127.0.0.1:9/jwks.json"},
                 {"x5u": "http://127.0.0.1:9/x"}, {"x5c": [base64.b64encode(der).decode()]}):
        assert_refused(forge(head=head, signer=thief))
        assert_refused(forge(head={**head, "kid": None}, signer=thief))


# Signature -----------------------------------------------------------------------------------

@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "noNe"])
def test_a_token_without_signature_is_refused(token, alg):
    head = encode(json.dumps({**header(token), "alg": alg}).encode())
    body = encode(json.dumps({**claims(token), "scope": "users:read"}).encode())
    for signature in ("", token.split(".")[2], "AA"):
        assert_refused(f"{head}.{body}.{signature}")
    assert_refused(f"{head}.{body}")


@pytest.mark.parametrize("alg, digest", [
    ("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512"), ("ES256", "sha256")])
def test_a_token_with_our_public_key_as_the_shared_secret_is_refused(token, alg, digest):
    kid = header(token)["kid"]
    pem, public = public_pem(kid), key_of(kid).public_key()
    form = serialization.PublicFormat
    secrets = [pem, pem.strip(), b"".join(pem.split(b"\n")[1:-2]), b"",
               public.public_bytes(serialization.Encoding.DER, form.SubjectPublicKeyInfo),
               public.public_bytes(serialization.Encoding.X962, form.UncompressedPoint)]
    head = encode(json.dumps({"typ": "JWT", "alg": alg, "kid": kid}).encode())
    body = encode(json.dumps({**claims(token), "scope": "users:read"}).encode())
    for secret in secrets:
        mac = hmac.new(secret, f"{head}.{body}".encode(), digest).digest()
        assert_refused(f"{head}.{body}.{encode(mac)}")


def test_a_token_of_another_key_is_refused(forge):
    assert_refused(forge(signer=ec.generate_private_key(ec.SECP256R1())))


def test_a_signature_of_another_form_is_refused(token, key):
    text, _, signature = token.rpartition(".")
    raw = decode(signature)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    zero, n, above = bytes(32), order.to_bytes(32, "big"), (order + 1).to_bytes(32, "big")
    der = key.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    for bad in (der, raw[:-1], raw + b"\0", b"\0" + raw, raw[:32], bytes(64), raw[32:] + raw[:32],
                zero + raw[32:], raw[:32] + zero, n + raw[32:], raw[:32] + n,
                above + raw[32:], raw[:32] + above, b"\xff" * 64):
        assert_refused(f"{text}.{encode(bad)}")


def test_a_token_with_any_part_changed_is_refused(token):
    parts = token.split(".")
    more = encode(json.dumps({**claims(token), "scope": "users:read"}).encode())
    for changed in ([parts[0], more, parts[2]], [parts[0], parts[1], parts[2][:-4]],
                    parts[:2], parts + ["x"], [parts[1], parts[0], parts[2]],
                    [parts[0], parts[0], parts[2]], [parts[0], parts[1], parts[1]]):
        assert_refused(".".join(changed))


def test_a_token_has_one_form_only(token):
    head, body, signature = token.split(".")
    last = signature[-1]
    twin = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = twin[twin.index(last) ^ 1]  # differs in bits that stand for nothing
    assert decode(signature) == decode(signature[:-1] + other)
    for text in (f"{head}.{body}.{signature[:-1]}{other}", f"{token}=", f"{token}==",
                 f"{token}.", f"{token}AAAA", f"{head}=.{body}.{signature}", f"{token} x",
                 f"{head}. {body}.{signature}", f"{head}.{body}\t.{signature}",
                 token.replace("-", "+").replace("_", "/") + "+", f"{token},{token}"):
        assert_refused(text)


@pytest.mark.parametrize("text", [
    "..", "a.b.c", "e30.e30.", "e30.e30.e30", "." * 50, "A" * 7000, "{}.{}.{}", "null", "é.é.é",
    "bnVsbA.bnVsbA.bnVsbA", "W10.W10.W10"])
def test_a_text_that_is_no_token_is_refused(text):
    answer = support.Client().get(
        "/v1/users/me", headers={"Authorization": f"Bearer {text}".encode()})
    assert_problem(answer, 401, "invalid_token")


def test_a_token_of_a_megabyte_is_refused_before_anybody_reads_it(anyone, token):
    answer = anyone.get("/v1/users/me", headers={"Authorization": f"Bearer {token}{'A' * 2**20}"})
    assert_problem(answer, 400, "bad_request")
    assert anyone.get("/v1/health").status_code == 200


# The session behind a token ------------------------------------------------------------------

def test_a_signed_out_token_is_refused_by_every_service_within_the_bound(make_user):
    user = make_user("manager")
    token, other = log_in(user), log_in(user)
    for path in ROUTES:
        assert bearing(token, path=path).status_code == 200, path
    assert bearing(token, "DELETE", "/v1/sessions/current").status_code == 204
    time.sleep(BOUND)
    for path in ROUTES * 4:
        assert_problem(bearing(token, path=path), 401)
        assert bearing(other, path=path).status_code == 200, path


def test_within_the_bound_another_role_counts_in_every_service(admin, make_user):
    user = make_user("stock")
    token = log_in(user)
    assert bearing(token, path="/v1/stock").status_code == 200
    assert bearing(token, path="/v1/sources").status_code == 403
    assert admin.put(f"/v1/users/{user.id}/role", {"role": "manager"}).status_code == 200
    time.sleep(BOUND)
    for path in ROUTES * 4:
        assert bearing(token, path=path).status_code == 200, path
    assert bearing(token, path="/v1/sessions/current").json()["role"] == "manager"
    assert admin.put(f"/v1/users/{user.id}/role", {"role": "customer"}).status_code == 200
    time.sleep(BOUND)
    for path in ("/v1/stock", "/v1/sources", "/v1/reports/sales") * 4:
        assert_problem(bearing(token, path=path), 403, "forbidden")


def test_a_token_ends_with_the_last_day_of_its_session(customer):
    token = log_in(customer)
    assert bearing(token).status_code == 200
    support.rows("UPDATE registry.sessions SET expires_at = now() - interval '1 second' "
                 f"WHERE id = '{claims(token)['sid']}'")
    eventually(lambda: bearing(token).status_code == 401, BOUND + 5)
    time.sleep(BOUND)
    assert_refused(token)


def test_a_service_account_s_token_never_allows_more_than_it_was_asked_for(admin, make_account):
    account = make_account("stock:read", "orders:read")
    less = account.sign_in(scope="stock:read").json()["access_token"]
    whole = account.sign_in().json()["access_token"]
    time.sleep(BOUND)
    for _ in range(4):
        assert bearing(whole, path="/v1/orders").status_code == 200
        assert bearing(less, path="/v1/stock").status_code == 200
        assert_problem(bearing(less, path="/v1/reports/sales"), 403, "forbidden")
        assert bearing(less, path="/v1/sessions/current").json() == {
            "user_id": account.id, "scope": "stock:read", "role": "service"}
    answer = admin.patch(f"/v1/service-accounts/{account.id}", {"scopes": ["orders:read"]})
    assert answer.status_code == 200, answer.text
    time.sleep(BOUND)
    for _ in range(4):
        assert_problem(bearing(whole, path="/v1/stock"), 403, "forbidden")
        assert_problem(bearing(less, path="/v1/stock"), 403, "forbidden")
        assert bearing(whole, path="/v1/orders").status_code == 200


def test_within_the_bound_a_disabled_service_account_is_refused_everywhere(admin, make_account):
    account = make_account("stock:read", "catalog:read", "products:write")
    token = account.sign_in().json()["access_token"]
    paths = ("/v1/stock", "/v1/sources", "/v1/sessions/current")
    for path in paths:
        assert bearing(token, path=path).status_code == 200, path
    assert admin.delete(f"/v1/service-accounts/{account.id}").status_code == 204
    time.sleep(BOUND)
    for path in paths * 4:
        assert_problem(bearing(token, path=path), 401)


def test_no_service_can_ask_for_more_of_a_session_than_that_it_lives():
    for service in ("products", "sales", "catalog"):
        assert support.value("SELECT has_function_privilege("
                             f"'vendas_{service}', 'registry.live_identity(uuid, uuid, text)', "
                             "'EXECUTE')") == "t"
        assert support.value("SELECT bool_or(has_any_column_privilege("
                             f"'vendas_{service}', c.oid, 'SELECT')) FROM pg_class c "
                             "WHERE relnamespace = 'registry'::regnamespace AND relkind IN "
                             "('r', 'v')") == "f"
