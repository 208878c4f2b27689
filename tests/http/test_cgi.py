"""The programs without a server: run from a shell, as plain CGI (RFC 3875)."""
import json
import subprocess

import support

LIMIT = int(support.settings()["VENDAS_MAX_BODY_BYTES"])


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
        status, _, _ = cgi("registry-sessions", "POST", "/v1/sessions", b"{}",
                           CONTENT_LENGTH=length)
        assert status == 413
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


def test_where_origins_are_named_a_cache_must_tell_them_apart():
    allowed = {"VENDAS_CORS_ORIGINS": "https://a.example"}
    for origin in ("https://a.example", "https://b.example", ""):
        headers = cgi("registry-health", "GET", "/v1/health", HTTP_ORIGIN=origin, **allowed)[1]
        assert headers["Vary"] == "Origin"
    assert "Vary" in cgi("registry-health", "GET", "/v1/health", **allowed)[1]
    assert "Vary" not in cgi("registry-health", "GET", "/v1/health")[1]


def test_a_program_tells_its_routes_and_how_it_is_used():
    path = support.programs()["registry-health"]
    shown = subprocess.run([path, "--routes"], capture_output=True, text=True, check=True)
    assert shown.stdout == "GET\t/v1/health\tanyone\nGET\t/v1/ready\tanyone\n"
    wrong = subprocess.run([path, "--help"], capture_output=True, text=True, check=False)
    assert wrong.returncode != 0
    assert wrong.stderr == f"usage: {path} [--routes]\n"
