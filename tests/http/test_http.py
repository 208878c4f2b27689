"""The HTTP layer: whatever is asked for, and however badly, the answer is a sound one."""
import http.client
import json
import os
import re
import socket
import time
import uuid
from urllib.parse import urlsplit

import pytest

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


@pytest.mark.parametrize("path", sorted({path for _, path, _ in ROUTES}))
def test_a_wrong_method_is_told_the_right_ones(admin, path):
    allowed = support.methods_of(concrete(path))
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"} - allowed:
        # Not held against the contract, which may know the method of another path that fits.
        answer = admin.http.request(method, support.URL + concrete(path), timeout=30, headers={
            "Authorization": f"Bearer {admin.token}"})
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
    b'{"email": "\xff"}', b'{"email": "\xc0\xaf"}', b'{"email": "\xed\xa0\x80"}',
    b'{"\xc0\xaf": 1}',
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
    anyone.put("/v1/email-confirmations", {
        "token": support.token_in(support.letters(email)[0]), "password": password})
    anyone.post("/v1/password-resets", {"email": email})
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
    assert line.pop("bytes") == len(answer.content)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "info", "program": "users", "request_id": answer.headers["X-Request-Id"],
        "method": "PATCH", "route": "/v1/users/{id}", "status": 422, "user": customer.id,
        "code": "validation_failed"}
