"""Sessions: signing in, going on with refresh tokens, and which access tokens are believed."""
import base64
import hashlib
import hmac
import json
import os
import time

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature, encode_dss_signature)

import support
from support import assert_problem


def log_in(user):
    answer = support.Client().post("/v1/sessions", {
        "email": user.email, "password": user.password})
    assert answer.status_code == 201, answer.text
    return answer.json()


def refresh(token):
    return support.Client().post("/v1/sessions/refresh", {"refresh_token": token})


def me(token):
    return support.Client().get("/v1/users/me", headers={"Authorization": f"Bearer {token}"})


# Signing in ----------------------------------------------------------------------------------

def test_signing_in_gives_tokens_that_nobody_may_keep_a_copy_of(customer):
    answer = customer.http.post(f"{support.URL}/v1/sessions", json={
        "email": customer.email, "password": customer.password})
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    session = answer.json()
    assert (session["token_type"], session["role"], session["scope"]) == ("Bearer", "customer", "")
    assert session["expires_in"] == claims(session["access_token"])["exp"] - claims(
        session["access_token"])["iat"]
    assert me(session["access_token"]).json()["id"] == customer.id


def test_the_address_is_accepted_in_any_case(customer):
    assert support.Client(customer.email.upper(), customer.password).token


def test_a_token_names_what_its_role_allows(make_user):
    token = claims(log_in(make_user("stock"))["access_token"])
    assert token["role"] == "stock"
    assert token["scope"].split() == ["orders:read", "orders:write", "stock:read", "stock:write"]


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(anyone, customer):
    wrong = anyone.post("/v1/sessions", {"email": customer.email, "password": "wrong password"})
    unknown = anyone.post("/v1/sessions", {
        "email": f"{support.unique()}@example.com", "password": "wrong password"})
    problems = [assert_problem(answer, 401, "invalid_credentials") for answer in (wrong, unknown)]
    assert problems[0].pop("instance") != problems[1].pop("instance")
    assert problems[0] == problems[1]
    same = [{name: text for name, text in answer.headers.items()
             if name not in ("Date", "X-Request-Id")} for answer in (wrong, unknown)]
    assert same[0] == same[1]


@pytest.mark.parametrize("change", [str.upper, str.title, lambda p: p + " ", lambda p: p[:-1]])
def test_a_password_is_compared_to_the_letter(anyone, customer, change):
    answer = anyone.post("/v1/sessions", {
        "email": customer.email, "password": change(customer.password)})
    assert_problem(answer, 401, "invalid_credentials")


@pytest.mark.parametrize("body, pointer", [
    ({"email": "a@example.com"}, "/password"),
    ({"password": "x"}, "/email"),
    ({"email": "a@example.com", "password": ""}, "/password"),
    ({"email": "a@example.com", "password": "x", "otp": "1"}, "/otp"),
    ({"email": None, "password": "x"}, "/email"),
])
def test_signing_in_takes_an_address_and_a_password(anyone, body, pointer):
    assert_problem(anyone.post("/v1/sessions", body), 422, "validation_failed", pointer)


def test_an_address_of_sql_or_wildcards_is_nobodys(anyone, customer):
    for email in ("%", "' OR '1'='1", customer.email.replace("@", "%"), "\\"):
        answer = anyone.post("/v1/sessions", {"email": email, "password": customer.password})
        assert_problem(answer, 401, "invalid_credentials")


# What is kept --------------------------------------------------------------------------------

def test_passwords_are_kept_as_argon2id_with_a_salt_each(customer):
    other = support.register()
    kept = [support.value(f"SELECT password_hash FROM registry.users WHERE id = '{user.id}'")
            for user in (customer, other)]
    assert kept[0] != kept[1]
    for text in kept:
        kind, version, parameters = text.split("$")[1:4]
        assert (kind, version) == ("argon2id", "v=19")
        cost = dict(item.split("=") for item in parameters.split(","))
        # OWASP Password Storage Cheat Sheet: its least costly choices for Argon2id.
        assert (int(cost["m"]), int(cost["t"])) >= (19456, 2)


def test_no_refresh_token_is_kept_as_it_is(customer):
    token = log_in(customer)["refresh_token"]
    kept = support.rows("SELECT t.*::text FROM registry.refresh_tokens t "
                        "JOIN registry.sessions s ON s.id = t.session_id "
                        f"WHERE s.user_id = '{customer.id}'")
    assert token not in str(kept) and token.encode().hex() not in str(kept)
    assert hashlib.sha256(token.encode()).hexdigest() in str(kept)


# Going on ------------------------------------------------------------------------------------

def test_a_refresh_token_is_exchanged_for_new_tokens(customer):
    session = log_in(customer)
    answer = refresh(session["refresh_token"])
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    following = answer.json()
    assert following["refresh_token"] != session["refresh_token"]
    assert me(following["access_token"]).json()["id"] == customer.id
    assert (claims(following["access_token"])["sid"] == claims(session["access_token"])["sid"])


def test_a_refresh_token_used_twice_ends_its_whole_family(customer):
    first = log_in(customer)["refresh_token"]
    second = refresh(first).json()["refresh_token"]
    assert_problem(refresh(first), 401, "invalid_refresh_token")
    assert_problem(refresh(second), 401, "invalid_refresh_token")


def test_other_sessions_go_on_when_one_family_ends(customer):
    stolen, other = log_in(customer)["refresh_token"], log_in(customer)["refresh_token"]
    refresh(stolen)
    refresh(stolen)
    assert refresh(other).status_code == 200


def test_a_refresh_token_exchanged_many_times_at_once_is_taken_once(customer):
    token = log_in(customer)["refresh_token"]
    answers = support.at_once(*[lambda: refresh(token) for _ in range(4)])
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    won = next(answer for answer in answers if answer.status_code == 200)
    assert_problem(refresh(won.json()["refresh_token"]), 401, "invalid_refresh_token")


def test_a_session_does_not_go_on_after_its_last_day(customer):
    session = log_in(customer)
    support.rows("UPDATE registry.sessions SET expires_at = now() - interval '1 second' "
                 f"WHERE id = '{claims(session['access_token'])['sid']}'")
    assert_problem(refresh(session["refresh_token"]), 401, "invalid_refresh_token")


@pytest.mark.parametrize("token", ["x", "é", "A" * 43, "' OR 1=1"])
def test_an_unknown_refresh_token_is_refused(token):
    assert_problem(refresh(token), 401, "invalid_refresh_token")


def test_a_refreshed_token_has_the_role_of_now(admin, customer):
    session = log_in(customer)
    admin.put(f"/v1/users/{customer.id}/role", {"role": "stock"})
    assert refresh(session["refresh_token"]).json()["role"] == "stock"


def test_an_access_token_is_no_refresh_token(customer):
    assert_problem(refresh(log_in(customer)["access_token"]), 422, pointer="/refresh_token")


# Signing out ---------------------------------------------------------------------------------

def test_after_signing_out_the_session_does_not_go_on(customer):
    session, other = log_in(customer), log_in(customer)
    answer = support.Client().delete("/v1/sessions/current", headers={
        "Authorization": f"Bearer {session['access_token']}"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert_problem(refresh(session["refresh_token"]), 401, "invalid_refresh_token")
    assert refresh(other["refresh_token"]).status_code == 200


def test_only_who_is_signed_in_signs_out(anyone):
    assert_problem(anyone.delete("/v1/sessions/current"), 401, "unauthorized")


def test_the_current_session_tells_who_one_is(customer):
    answer = customer.get("/v1/sessions/current")
    assert answer.json() == {"user_id": customer.id, "scope": "", "role": "customer"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_browser_may_show_address_and_password_instead(anyone, customer):
    answer = anyone.get("/v1/sessions/current", auth=(customer.email, customer.password))
    assert answer.json()["user_id"] == customer.id
    assert_problem(anyone.get("/v1/sessions/current", auth=(customer.email, "wrong")), 401)


@pytest.mark.parametrize("pair", [b"", b":", b"nobody", b"\xff\xfe:x", b"a\x00b:c", b"a" * 9000])
def test_a_malformed_pair_of_address_and_password_is_refused(anyone, pair):
    header = "Basic " + base64.b64encode(pair).decode()
    answer = anyone.get("/v1/sessions/current", headers={"Authorization": header})
    assert answer.status_code in ((400, 401) if len(pair) > 8000 else (401,))


def test_what_nginx_asks_for_reports_no_client_can_ask_for(anyone, customer):
    answer = customer.get("/v1/sessions/current", headers={"Vendas-Require": "reports:read"})
    assert answer.status_code == 200
    assert_problem(anyone.get("/internal/may-read-reports"), 404, "not_found")


# Access tokens (RFC 7519) --------------------------------------------------------------------

def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims(token):
    return json.loads(decode(token.split(".")[1]))


def header(token):
    return json.loads(decode(token.split(".")[0]))


def signing_key():
    """(kid, private key): the one this instance signs with."""
    folder = os.path.join(support.VAR, "keys")
    name = max(name for name in os.listdir(folder) if name.endswith(".key"))
    with open(os.path.join(folder, name), "rb") as file:
        return name[:-4], serialization.load_pem_private_key(file.read(), None)


def signed(head, body, key):
    """A token as ES256 has it (RFC 7518 section 3.4)."""
    text = f"{encode(json.dumps(head).encode())}.{encode(json.dumps(body).encode())}"
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


@pytest.fixture(scope="module")
def token():
    return support.register().token


@pytest.fixture(scope="module")
def forge(token):
    """forge(key=, header=, **claims): the user's token with other claims, rightly signed."""
    def make(key=None, head=None, **changes):
        body = {name: text for name, text in {**claims(token), **changes}.items()
                if text is not None}
        return signed({**header(token), **(head or {})}, body, key or signing_key()[1])
    return make


def test_a_token_that_we_sign_ourselves_is_believed(forge, token):
    # Else the refusals below would prove nothing.
    assert me(forge()).json()["id"] == claims(token)["sub"]


@pytest.mark.parametrize("changes", [
    {"exp": 0}, {"exp": int(time.time()) - 60}, {"exp": None}, {"exp": "tomorrow"},
    {"nbf": int(time.time()) + 3600},
    {"iss": "http://elsewhere.example"}, {"iss": None},
    {"aud": "another"}, {"aud": None},
    {"sub": None}, {"sid": None}, {"scope": None}, {"role": None},
], ids=str)
def test_a_token_whose_claims_do_not_hold_is_refused(forge, changes):
    assert_problem(me(forge(**changes)), 401, "invalid_token")


def test_a_token_of_another_key_is_refused(forge):
    assert_problem(me(forge(key=ec.generate_private_key(ec.SECP256R1()))), 401, "invalid_token")


@pytest.mark.parametrize("kid", ["unknown", "", "../keys/x", "/etc/passwd", "' OR 1=1", None, 7])
def test_a_token_of_a_key_that_we_do_not_have_is_refused(forge, kid):
    assert_problem(me(forge(head={"kid": kid})), 401, "invalid_token")


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
def test_a_token_without_signature_is_refused(token, alg):
    head = encode(json.dumps({**header(token), "alg": alg}).encode())
    body = encode(json.dumps({**claims(token), "scope": "users:read"}).encode())
    for signature in ("", token.split(".")[2]):
        assert_problem(me(f"{head}.{body}.{signature}"), 401, "invalid_token")


@pytest.mark.parametrize("alg, digest", [("HS256", "sha256"), ("HS512", "sha512")])
def test_a_token_with_our_public_key_as_the_shared_secret_is_refused(token, alg, digest):
    kid = header(token)["kid"]
    with open(os.path.join(support.VAR, "keys", f"{kid}.pub"), "rb") as file:
        secret = file.read()
    head = encode(json.dumps({"typ": "JWT", "alg": alg, "kid": kid}).encode())
    body = encode(json.dumps({**claims(token), "scope": "users:read"}).encode())
    signature = encode(hmac.new(secret, f"{head}.{body}".encode(), digest).digest())
    assert_problem(me(f"{head}.{body}.{signature}"), 401, "invalid_token")


@pytest.mark.parametrize("alg", ["ES384", "RS256", "es256", None])
def test_a_token_that_names_another_algorithm_is_refused(forge, alg):
    assert_problem(me(forge(head={"alg": alg})), 401, "invalid_token")


def test_a_token_with_any_part_changed_is_refused(token):
    parts = token.split(".")
    more = encode(json.dumps({**claims(token), "scope": "users:read"}).encode())
    for changed in ([parts[0], more, parts[2]], [parts[0], parts[1], encode(bytes(64))],
                    [parts[0], parts[1], parts[2][:-4]], parts[:2], parts + ["x"],
                    [parts[1], parts[0], parts[2]]):
        assert_problem(me(".".join(changed)), 401, "invalid_token")


@pytest.mark.parametrize("text", ["..", "a.b.c", "e30.e30.", "." * 50, "A" * 7000, "{}.{}.{}"])
def test_a_text_that_is_no_token_is_refused(text):
    assert_problem(me(text), 401, "invalid_token")


# The published keys (RFC 7517) ---------------------------------------------------------------

def public_key(jwk):
    assert (jwk["kty"], jwk["crv"], jwk["use"], jwk["alg"]) == ("EC", "P-256", "sig", "ES256")
    return ec.EllipticCurvePublicNumbers(
        int.from_bytes(decode(jwk["x"]), "big"), int.from_bytes(decode(jwk["y"]), "big"),
        ec.SECP256R1()).public_key()


def test_the_published_keys_verify_a_token(anyone, token):
    answer = anyone.get("/.well-known/jwks.json")
    keys = {jwk["kid"]: jwk for jwk in answer.json()["keys"]}
    text, _, signature = token.rpartition(".")
    raw = decode(signature)
    assert (header(token)["alg"], len(raw)) == ("ES256", 64)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = public_key(keys[header(token)["kid"]])
    key.verify(der, text.encode(), ec.ECDSA(hashes.SHA256()))


def test_no_private_part_of_a_key_is_published(anyone):
    answer = anyone.get("/.well-known/jwks.json")
    for jwk in answer.json()["keys"]:
        assert jwk.keys() == {"kty", "crv", "use", "alg", "kid", "x", "y"}
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_private_keys_are_for_the_owner_alone():
    folder = os.path.join(support.VAR, "keys")
    assert os.stat(folder).st_mode & 0o077 == 0
    for name in os.listdir(folder):
        if name.endswith(".key"):
            assert os.stat(os.path.join(folder, name)).st_mode & 0o077 == 0
