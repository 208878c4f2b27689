"""The HTTP layer: whatever is asked for, and however badly, the answer is a sound one."""
import http.client
import json
import os
import re
import socket
import subprocess
import time
import uuid
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import support
from support import assert_problem

ROUTES = support.routes()
ID = "00000000-0000-7000-8000-000000000000"
LIMIT = int(support.settings()["VENDAS_MAX_BODY_BYTES"])


def concrete(path):
    return re.sub(r"\{\w+\}", ID, path)


def raw(request):
    """Sends bytes as they are; the answer as (status, headers, body)."""
    where = urlsplit(support.URL)
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.headers, answer.read()


def post_raw(client, body, path="/v1/sessions", content_type="application/json"):
    return client.request("POST", path, data=body, headers={"Content-Type": content_type})


# Paths and methods ---------------------------------------------------------------------------

@pytest.mark.parametrize("path", [
    "/v1", "/v1/", "/v1/nothing", "/v2/users", "/nothing", "/v1/users/me/extra", "/v1/users/",
    "/v1/productsx", "/v1//orders//", "/V1/users", "/v1/health/x", "/.well-known/x",
    "/v1/sessions/current/", "/v1/%C3%A9", "/v1/users/%FF", "/.git/config", "/vendas.env"])
def test_a_path_that_is_none_is_not_found(anyone, path):
    answer = anyone.get(path)
    problem = assert_problem(answer, 404, "not_found")
    assert problem["instance"] == f"urn:request:{answer.headers['X-Request-Id']}"


@pytest.mark.parametrize("path", [
    "/../etc/passwd", "/v1/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/images/../../x",
    "/reports/..%2f..%2fvendas.env", "/reports/../../vendas.env", "/v1/%00", "/%"])
def test_no_path_leads_outside(path):
    status, headers, body = raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                                .encode())
    assert status in (400, 401, 404)
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["status"] == status


def methods_of(path):
    """What may be asked of a path; several routes may fit it."""
    methods = {method for method, pattern, _ in ROUTES
               if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path)}
    return methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())


@pytest.mark.parametrize("path", sorted({path for _, path, _ in ROUTES}))
def test_a_wrong_method_is_told_the_right_ones(admin, path):
    allowed = methods_of(concrete(path))
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"} - allowed:
        answer = admin.request(method, concrete(path))
        assert_problem(answer, 405, "method_not_allowed")
        assert set(answer.headers["Allow"].split(", ")) == allowed
    answer = admin.request("OPTIONS", concrete(path))
    assert (answer.status_code, answer.content) == (204, b"")
    assert set(answer.headers["Allow"].split(", ")) == allowed


def test_trace_shows_nobody_his_headers():
    status, _, body = raw(b"TRACE /v1/health HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret"
                          b"\r\nConnection: close\r\n\r\n")
    assert status == 405
    assert b"secret" not in body


@pytest.mark.parametrize("path", [
    "/v1/health", "/v1/ready", "/v1/products", "/v1/categories", "/.well-known/jwks.json"])
def test_head_answers_as_get_without_the_content(anyone, path):
    get, head = anyone.get(path), anyone.request("HEAD", path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "Content-Length"):
        assert head.headers[name] == get.headers[name]


def test_head_of_what_is_not_there_has_no_content_either(anyone):
    answer = anyone.request("HEAD", f"/v1/products/{ID}")
    assert (answer.status_code, answer.content) == (404, b"")


# Who may call: the route tables are the truth -------------------------------------------------

@pytest.mark.parametrize("method, path, permission", [r for r in ROUTES if r[2] != "anyone"])
def test_a_route_that_is_not_for_everybody_asks_who_calls(anyone, method, path, permission):
    answer = anyone.request(method, concrete(path))
    assert_problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("method, path, permission", [r for r in ROUTES if ":" in r[2]])
def test_a_route_with_a_permission_is_closed_to_customers(caller, method, path, permission):
    assert_problem(caller.request(method, concrete(path)), 403, "forbidden")


@pytest.fixture(scope="module")
def caller():
    return support.register()


def test_every_permission_that_a_route_asks_for_can_be_had(admin):
    known = {item["name"] for item in admin.get("/v1/permissions").json()["data"]}
    assert {route[2] for route in ROUTES} <= known | {"anyone", "signed in"}


# Bodies --------------------------------------------------------------------------------------

@pytest.mark.parametrize("body", [
    "{", "}", "[", '"', "{]", '{"email"}', '{"email":}', '{"email": "a",}', "{'email': 'a'}",
    '{email: "a"}', '{"email": "a"} x', '{"email": "a"}{"password": "b"}', "nul", "tru", "TRUE",
    '{"email": 01}', '{"email": .5}', '{"email": 0x10}', '{"email": "\\x41"}', '{"email": "\\u12"}',
    "{/* comment */}", "// x\n{}", "\x00", '{"email": "a"}\x00', "   ", "a=b&c=d", "<xml/>",
    "[" * 17, "[" * 100000, '{"a":' * 50000, "[" * 20 + "]" * 20, '{"email": 1e}', "-",
    b'{"email": "\xff"}', b'{"email": "\xc0\xaf"}', b'{"email": "\xed\xa0\x80"}', b'{"\xc0\xaf": 1}',
    '{"email": "a"}'.encode("utf-16"), b"\x1f\x8b\x08\x00"],
    ids=lambda body: repr(body[:20]))
def test_what_is_no_json_is_refused(anyone, body):
    assert_problem(post_raw(anyone, body), 400, "invalid_json")


@pytest.mark.parametrize("body", ["null", "true", "7", "-0", "1e5", '"text"', "[]", "[{}]"])
def test_json_that_is_no_object_is_told_so(anyone, body):
    assert_problem(post_raw(anyone, body), 422, "body_not_object")


@pytest.mark.parametrize("number", ["1" * 50, "-" + "1" * 50, "1" * 5000, "1e999999999", "-1e-9999",
                                    "0." + "1" * 5000])
def test_numbers_beyond_all_bounds_are_out_of_range(admin, number):
    body = f'{{"name": "x", "currency": "BRL", "price": {number}}}'
    assert_problem(post_raw(admin, body, "/v1/products"), 422, pointer="/price")


def test_of_two_members_with_one_name_the_last_counts(admin):
    body = '{"name": "First", "name": "Last", "currency": "BRL", "price": 1}'
    assert post_raw(admin, body, "/v1/products").json()["name"] == "Last"


def test_escapes_and_white_space_mean_what_json_says(anyone, customer):
    body = json.dumps({"email": customer.email, "password": customer.password})
    escaped = "".join(f"\\u{ord(c):04x}" if c.isalpha() else c for c in body.replace(
        '"email"', '"@"').replace('"password"', '"#"'))
    body = escaped.replace('"@"', '"email"').replace('"#"', ' \t\r\n"password" ')
    assert post_raw(anyone, body).status_code == 201


@pytest.mark.parametrize("content_type", [
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "application/xml", "application/jsonx", "text/json", "json", "", ";"])
def test_a_body_of_another_type_is_refused(anyone, content_type):
    answer = post_raw(anyone, '{"email": "a@example.com"}', content_type=content_type)
    assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", [
    "application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8",
    "application/json ; x=y", "application/merge-patch+json"])
def test_a_body_of_json_may_say_so_in_many_ways(customer, content_type):
    answer = customer.request("PATCH", "/v1/users/me", data='{"name": "Ana"}',
                              headers={"Content-Type": content_type})
    assert answer.status_code == 200


def test_a_missing_body_is_told(anyone):
    for headers in ({}, {"Content-Type": "application/json"}):
        assert_problem(anyone.request("POST", "/v1/sessions", headers=headers), 400,
                       "body_required")


def test_a_body_as_large_as_allowed_is_read_and_a_larger_one_is_not(anyone):
    least = len('{"email": ""}')
    body = '{"email": "%s"}' % ("x" * (LIMIT - least))
    assert_problem(post_raw(anyone, body), 422, pointer="/email")
    assert_problem(post_raw(anyone, body + " "), 413, "body_too_large")
    assert_problem(post_raw(anyone, iter([body.encode(), b" "])), 413, "body_too_large")


def test_a_body_that_is_announced_too_large_is_not_waited_for():
    status, headers, body = raw(
        b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 99999999999\r\n\r\n")
    assert status == 413
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["code"] == "body_too_large"


def test_a_body_may_come_in_chunks(anyone, customer):
    text = json.dumps({"email": customer.email, "password": customer.password}).encode()
    assert post_raw(anyone, iter([text[:7], text[7:]])).status_code == 201


# The connection ------------------------------------------------------------------------------

@pytest.mark.parametrize("request_bytes", [
    b"nonsense\r\n\r\n",
    b"GET /v1/health HTTP/1.1\r\n\r\n",
    b"GET /v1/health HTTP/9.9\r\nHost: x\r\n\r\n",
    b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /v1/health HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 40000 + b"\r\n\r\n",
    b"GET /v1/health HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 9000 + b"\r\n",
    b"GET /v1/health HTTP/1.1\r\nHost: x\r\nX\0Y: z\r\n\r\n",
], ids=lambda text: repr(text[:30]))
def test_what_is_no_http_is_refused_and_the_shop_goes_on(anyone, request_bytes):
    status, _, body = raw(request_bytes)
    assert status in (400, 505)
    if status == 400:
        assert json.loads(body)["code"] == "bad_request"
    assert anyone.get("/v1/health").status_code == 200


def test_a_very_long_address_is_refused(anyone):
    assert_problem(anyone.get("/v1/products?q=" + "x" * 60000), 414, "uri_too_long")


def test_an_old_client_is_answered():
    status, _, body = raw(b"GET /v1/health HTTP/1.0\r\n\r\n")
    assert (status, json.loads(body)) == (200, {"status": "ok"})


def test_requests_share_a_connection():
    where = urlsplit(support.URL)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
    for path in ("/v1/health", "/v1/nothing", "/v1/products/nothing", "/v1/health"):
        connection.request("GET", path)
        connected = connection.sock
        answer = connection.getresponse()
        assert answer.read()
        assert connection.sock is connected is not None
    connection.close()


# Headers -------------------------------------------------------------------------------------

def every_kind_of_answer(anyone, admin):
    yield anyone.get("/v1/health")
    yield anyone.get("/v1/products")
    yield anyone.get("/nothing")
    yield anyone.get("/v1/products/nothing")
    yield anyone.get("/v1/users/me")
    yield anyone.get("/reports/")
    yield anyone.post("/v1/users", {})
    yield anyone.request("OPTIONS", "/v1/users")
    yield anyone.get("/v1/products?q=" + "x" * 60000)
    yield post_raw(anyone, "x" * (LIMIT + 1))
    yield admin.get("/v1/users/me")


def test_every_answer_has_the_headers_that_guard_browsers(anyone, admin):
    for answer in every_kind_of_answer(anyone, admin):
        assert answer.headers["X-Content-Type-Options"] == "nosniff", answer.url
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Server"] == "nginx"


def test_every_answer_has_an_id_of_its_own_whatever_the_client_sends(anyone, admin):
    seen = [answer.headers["X-Request-Id"] for answer in every_kind_of_answer(anyone, admin)]
    assert all(re.fullmatch("[0-9a-f]{32}", text) for text in seen)
    assert len(set(seen)) == len(seen)
    answer = anyone.get("/v1/users/me", headers={"X-Request-Id": "mine"})
    assert answer.headers["X-Request-Id"] != "mine"
    assert answer.json()["instance"] == f"urn:request:{answer.headers['X-Request-Id']}"


def test_what_is_told_to_one_user_is_kept_by_no_cache(customer, anyone):
    assert customer.get("/v1/users/me").headers["Cache-Control"] == "no-store"
    assert anyone.get("/v1/users/me").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", [
    "/v1/products/x%0d%0aSet-Cookie:%20a=b", "/v1/nothing%0d%0aSet-Cookie:%20a=b",
    "/v1/products?q=%0d%0aSet-Cookie:%20a=b", "/v1/products?%0d%0aSet-Cookie:%20a=b",
    "/v1/products?cursor=%0d%0aSet-Cookie:%20a=b"])
def test_no_text_of_the_request_becomes_a_header(anyone, path):
    answer = anyone.get(path)
    assert "Set-Cookie" not in answer.headers
    assert answer.status_code in (404, 422)


def test_other_origins_may_not_call_unless_they_are_named(anyone):
    headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    for method in ("GET", "OPTIONS"):
        answer = anyone.request(method, "/v1/products", headers=headers)
        assert not [name for name in answer.headers if name.startswith("Access-Control-")]


# Language ------------------------------------------------------------------------------------

@pytest.mark.parametrize("accepted, title", [
    (None, "Não autenticado"), ("", "Não autenticado"), ("pt-BR", "Não autenticado"),
    ("en", "Unauthorized"), ("en-GB,en;q=0.9", "Unauthorized"), ("EN-us", "Unauthorized"),
    ("fr,en;q=0.5", "Unauthorized"), ("pt;q=0.3,en;q=0.7", "Unauthorized"),
    ("en;q=0.3,pt;q=0.7", "Não autenticado"), ("de", "Não autenticado"), ("*", "Não autenticado"),
    ("english", "Não autenticado"), ("en;q=0", "Não autenticado"), (",;q=,en;;q", "Unauthorized"),
    ("x" * 2000, "Não autenticado")])
def test_problems_are_told_in_the_language_asked_for(anyone, accepted, title):
    answer = anyone.get("/v1/users/me", headers={"Accept-Language": accepted})
    assert answer.json()["title"] == title
    assert answer.headers["Content-Language"] == ("en" if title == "Unauthorized" else "pt-BR")


@pytest.mark.parametrize("accepted, title", [
    (None, "Não encontrado"), ("pt-BR,pt;q=0.9,en;q=0.8", "Não encontrado"),
    ("en-US,en;q=0.5", "Not found"), ("de", "Não encontrado")])
def test_nginx_speaks_both_languages_too(anyone, accepted, title):
    answer = anyone.get("/nothing", headers={"Accept-Language": accepted})
    assert answer.json()["title"] == title


# Health --------------------------------------------------------------------------------------

def test_health_and_readiness(anyone):
    assert anyone.get("/v1/health").json() == {"status": "ok"}
    assert anyone.get("/v1/ready").json() == {"status": "ready"}


# Anything at all -----------------------------------------------------------------------------

NAMES = sorted({
    "name", "email", "password", "refresh_token", "role", "price", "currency", "gtin", "sku",
    "brand", "description", "promotional_price", "promotion_starts_at", "promotion_ends_at",
    "weight_g", "category_ids", "attributes", "status", "parent_id", "slug", "position", "source",
    "source_id", "url", "images", "category", "availability", "items", "variant_id", "quantity",
    "postal_code", "shipping_address", "recipient", "street", "number", "district", "city",
    "state", "freight_service", "reason", "gateway", "method", "kind", "start_urls",
    "product_url_pattern", "rate_per_second", "max_pages", "q", "limit", "cursor", "sort",
    "min_price", "max_price", "in_stock", "from", "to", "group_by", "max_available", "outcome"})
TEXTS = st.one_of(st.text(max_size=30), st.sampled_from([
    "BRL", ID, "Ana", "a@example.com", "correct horse", "2026-01-01T00:00:00Z", "0001-01-01",
    "9999-12-31", "2026-02-30", "7891000315507", "01310-100", "SP", "receive", "active", "(", "\0",
    "https://x.example/", "day", "price", "true", "-1", "5", "9" * 40, "manual", "bank_transfer"]))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-10**40, 10**40),
    st.floats(), TEXTS)
KEYS = st.one_of(st.sampled_from(NAMES), st.text(max_size=8))
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.lists(
    st.tuples(KEYS, st.one_of(SCALARS, st.lists(SCALARS, max_size=2))), max_size=4).map(dict))
OBJECTS = st.lists(st.tuples(KEYS, VALUES), max_size=6).map(dict)
PARTS = st.one_of(st.sampled_from([ID, "me", "admin"]), TEXTS.map(
    lambda text: text.replace("/", "").strip(".") or "x"))
# VENDAS_TEST_EXAMPLES=5000 ./vendas test -k any_ looks harder.
ARBITRARY = settings(
    max_examples=int(os.environ.get("VENDAS_TEST_EXAMPLES", 150)), deadline=None,
    suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def owner(make_user):
    """One who may do everything, and who may be changed."""
    user = make_user("admin")
    yield user
    support.rows(f"UPDATE registry.users SET role = 'customer' WHERE id = '{user.id}'")


def filled(path, parts):
    return re.sub(r"\{\w+\}", lambda _: quote(parts.pop(), safe=""), path)


def assert_sound(answer):
    assert answer.status_code < 500, (answer.request.url, answer.request.body, answer.text)
    if answer.status_code >= 400:
        assert_problem(answer, answer.status_code)
    elif answer.content:
        answer.json()


@ARBITRARY
@given(route=st.sampled_from([r for r in ROUTES if r[0] in ("POST", "PATCH", "PUT")]),
       parts=st.lists(PARTS, min_size=4, max_size=4), body=st.one_of(OBJECTS, VALUES))
def test_any_json_is_answered_soundly(owner, route, parts, body):
    assert_sound(owner.request(
        route[0], filled(route[1], parts), data=json.dumps(body),
        headers={"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}))


ITEM = {"variant_id": ID, "quantity": 1}
SOUND = {
    "/v1/users": {"name": "Ana", "email": "UNIQUE@example.com", "password": "correct horse"},
    "/v1/sessions": {"email": "ana@example.com", "password": "correct horse"},
    "/v1/products": {
        "name": "Caneca", "price": 1990, "currency": "BRL", "description": "", "brand": "X",
        "gtin": "GTIN", "sku": "UNIQUE", "promotional_price": 1000, "weight_g": 1,
        "promotion_starts_at": "2026-01-01T00:00:00Z", "category_ids": [], "status": "draft",
        "promotion_ends_at": "2026-01-02T00:00:00Z", "attributes": {"cor": "azul"}},
    "/v1/categories": {"name": "Casa", "parent_id": None, "slug": "UNIQUE", "position": 1},
    "/v1/quotes": {"items": [ITEM], "postal_code": "01310-100", "freight_service": "standard"},
    "/v1/orders": {"items": [ITEM], "shipping_address": support.ADDRESS},
    "/v1/stock/movements": {"variant_id": ID, "kind": "receive", "quantity": 1, "reason": "x"},
    "/v1/sources": {
        "name": "UNIQUE", "start_urls": ["https://x.example/"], "product_url_pattern": "/p/",
        "rate_per_second": 1, "max_pages": 10},
    "/v1/ingest": [{
        "source": "a", "source_id": "UNIQUE", "name": "Caneca", "price": 1, "currency": "BRL",
        "url": "https://x.example/", "images": ["https://x.example/1.jpg"], "category": "A > B",
        "attributes": {"a": 1}, "gtin": "GTIN", "description": "x", "seller": "y"}],
}


def places(body, at=()):
    """Every place in a body, as a list of names and indexes."""
    found = [at] if at else []
    members = body.items() if isinstance(body, dict) else (
        enumerate(body) if isinstance(body, list) else ())
    for name, inner in members:
        found += places(inner, at + (name,))
    return found


@ARBITRARY
@given(where=st.sampled_from([(path, at) for path, body in SOUND.items() for at in places(body)]),
       value=VALUES)
def test_any_value_in_an_else_sound_body_is_answered_soundly(owner, product, where, value):
    path, at = where
    variant = product["variants"][0]["id"]
    body = json.loads(json.dumps(SOUND[path]).replace(ID, variant).replace(
        "GTIN", support.gtin13()).replace("UNIQUE", uuid.uuid4().hex))
    inner = body
    for name in at[:-1]:
        inner = inner[name]
    inner[at[-1]] = value
    assert_sound(owner.request(
        "POST", path, data=json.dumps(body),
        headers={"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}))


@ARBITRARY
@given(route=st.sampled_from([r for r in ROUTES if r[0] in ("POST", "PATCH", "PUT")]),
       parts=st.lists(PARTS, min_size=4, max_size=4), body=st.binary(max_size=60),
       content_type=st.sampled_from(["application/json", "application/x-ndjson", "text/plain"]))
def test_any_bytes_are_answered_soundly(owner, route, parts, body, content_type):
    assert_sound(owner.request(
        route[0], filled(route[1], parts), data=body,
        headers={"Content-Type": content_type, "Idempotency-Key": str(uuid.uuid4())}))


QUERIES = st.lists(st.tuples(
    st.one_of(st.sampled_from(NAMES), st.text(max_size=8)),
    st.one_of(TEXTS, st.binary(max_size=12))), max_size=4)


@ARBITRARY
@given(route=st.sampled_from([r for r in ROUTES if r[0] == "GET"]),
       parts=st.lists(PARTS, min_size=4, max_size=4),
       query=st.one_of(
           QUERIES.map(lambda pairs: "&".join(f"{quote(n)}={quote(v)}" for n, v in pairs)),
           st.text("abq=&%+;?[]0123456789-", max_size=40)))
def test_any_query_is_answered_soundly(owner, route, parts, query):
    assert_sound(owner.get(f"{filled(route[1], parts)}?{query}"))


# Logs ----------------------------------------------------------------------------------------

def log_sizes():
    folder = os.path.join(support.VAR, "log")
    return {name: os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)}


def logged_since(sizes):
    text = b""
    for name, size in log_sizes().items():
        with open(os.path.join(support.VAR, "log", name), "rb") as file:
            file.seek(sizes.get(name, 0))
            text += file.read()
    return text.decode(errors="replace")


def test_logs_hold_no_secret_and_no_personal_datum(anyone, admin, product, place_order):
    sizes = log_sizes()
    mark = uuid.uuid4().hex
    name, password = f"Nome{mark}", f"Senha{mark}"
    email = f"endereco{mark}@example.com"
    body = {"name": name, "email": email, "password": password}
    anyone.post("/v1/users", body)
    anyone.post("/v1/users", body)
    anyone.post("/v1/users", {**body, "password": mark})
    anyone.post("/v1/sessions", {"email": email, "password": f"{password}x"})
    post_raw(anyone, f'{{"password": "{password}"')
    anyone.get("/v1/sessions/current", auth=(email, password))
    anyone.get("/v1/users/me", headers={"Authorization": f"Bearer {mark}"})
    admin.get("/v1/users", params={"q": email})
    anyone.get(f"/v1/products?password={password}")
    user = support.Client(email, password)
    session = user.http.post(f"{support.URL}/v1/sessions", json={
        "email": email, "password": password}).json()
    anyone.post("/v1/sessions/refresh", {"refresh_token": session["refresh_token"]})
    place_order(user, product, shipping_address={**support.ADDRESS, "recipient": name})
    answer = user.get("/v1/users/me")
    time.sleep(1.5)  # nginx writes its log once a second
    text = logged_since(sizes)
    assert answer.headers["X-Request-Id"] in text  # else nothing was looked at
    for secret in (mark, session["access_token"], session["refresh_token"], user.access_token,
                   support.ADDRESS["street"]):
        assert secret not in text


def test_a_request_is_one_line_of_json_with_its_id(customer):
    sizes = log_sizes()
    answer = customer.patch("/v1/users/me", {"nome": "x"})
    lines = [line for line in logged_since(sizes).splitlines()
             if answer.headers["X-Request-Id"] in line and '"program":"users"' in line]
    line = json.loads(*lines)
    assert line.pop("microseconds") > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "info", "program": "users", "request_id": answer.headers["X-Request-Id"],
        "method": "PATCH", "route": "/v1/users/{id}", "status": 422, "user": customer.id,
        "code": "validation_failed"}


# The same programs as plain CGI (RFC 3875) ---------------------------------------------------

def cgi(program, method, path, body=b"", **variables):
    """Runs a program from a shell; (status, headers, body)."""
    environment = {**support.settings(), "GATEWAY_INTERFACE": "CGI/1.1",
                   "REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_ACCEPT_LANGUAGE": "en"}
    if body:
        environment.update(CONTENT_LENGTH=str(len(body)), CONTENT_TYPE="application/json")
    result = subprocess.run([support.programs()[program]], env={**environment, **variables},
                            input=body, capture_output=True, timeout=30, check=True)
    head, _, content = result.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return int(headers.pop("Status").split()[0]), headers, content


def test_a_program_answers_from_a_shell():
    status, headers, body = cgi("registry-health", "GET", "/v1/health")
    assert (status, json.loads(body)) == (200, {"status": "ok"})
    assert headers["Content-Length"] == str(len(body))
    assert cgi("registry-health", "GET", "/v1/ready")[0] == 200
    assert cgi("registry-health", "HEAD", "/v1/health")[2] == b""
    assert cgi("registry-health", "GET", "", SCRIPT_NAME="/v1/health")[0] == 200


def test_a_program_from_a_shell_reads_body_token_and_query(customer, product):
    status, headers, body = cgi(
        "registry-users", "PATCH", "/v1/users/me", json.dumps({"name": "Ana CGI"}).encode(),
        HTTP_AUTHORIZATION=f"Bearer {customer.token}")
    assert (status, json.loads(body)["name"]) == (200, "Ana CGI")
    status, headers, body = cgi("registry-users", "GET", "/v1/users/me",
                                HTTP_AUTHORIZATION=f"Bearer {customer.token}",
                                HTTP_IF_NONE_MATCH=headers["ETag"])
    assert (status, body) == (304, b"")
    status, _, body = cgi("products-products", "GET", "/v1/products", QUERY_STRING="limit=1")
    assert (status, len(json.loads(body)["data"])) == (200, 1)


def test_a_program_from_a_shell_refuses_as_nginx_has_it_refused():
    assert cgi("registry-users", "GET", "/v1/users/me")[0] == 401
    assert cgi("registry-users", "GET", "/nothing")[0] == 404
    assert cgi("registry-users", "", "")[0] == 404
    assert cgi("registry-users", "BREW", "/v1/users")[0] == 405
    assert cgi("registry-sessions", "POST", "/v1/sessions")[0] == 400
    for length in (str(LIMIT + 1), "9" * 30):
        assert cgi("registry-sessions", "POST", "/v1/sessions", b"{}", CONTENT_LENGTH=length)[0] == 413
    assert cgi("registry-sessions", "POST", "/v1/sessions", b"{}", CONTENT_LENGTH="-5")[0] == 400


def test_a_body_that_ends_early_is_read_to_where_it_ends():
    status, _, body = cgi("registry-sessions", "POST", "/v1/sessions", b'{"email": "a"',
                          CONTENT_LENGTH="1000")
    assert (status, json.loads(body)["code"]) == (400, "invalid_json")


def test_origins_that_are_named_may_call():
    allowed = {"VENDAS_CORS_ORIGINS": "https://a.example https://b.example"}
    for origin, may in (("https://a.example", True), ("https://b.example", True),
                        ("https://b.example.evil", False), ("https://", False), ("", False),
                        ("https://a.example https://b.example", False), ("null", False)):
        headers = cgi("products-products", "OPTIONS", "/v1/products", HTTP_ORIGIN=origin,
                      **allowed)[1]
        assert headers.get("Access-Control-Allow-Origin") == (origin if may else None)
        assert "Access-Control-Allow-Credentials" not in headers


def test_a_program_tells_its_routes_and_how_it_is_used():
    path = support.programs()["registry-health"]
    shown = subprocess.run([path, "--routes"], capture_output=True, text=True, check=True)
    assert shown.stdout == "GET\t/v1/health\tanyone\nGET\t/v1/ready\tanyone\n"
    wrong = subprocess.run([path, "--help"], capture_output=True, text=True, check=False)
    assert wrong.returncode != 0
    assert wrong.stderr == f"usage: {path} [--routes]\n"
