"""Life through failure: what dies is replaced, what was acknowledged stays, nobody else notices."""
import json
import os
import signal
import socket
import subprocess
import threading
import time
import uuid
from urllib.parse import urlsplit

import pytest
import requests

import support
from support import assert_problem

WORKERS = {"products-products": 4, "sales-orders": 4}


def tool(*command):
    """One of tools/ on this instance."""
    result = subprocess.run([os.path.join(support.ROOT, "tools", command[0]), *command[1:]],
                            capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def eventually(true, seconds=20):
    """Waits until true() is; within seconds it must be."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def workers(program):
    """The process ids of a program's workers."""
    with open(os.path.join(support.VAR, "run", f"{program}.pid"), encoding="ascii") as file:
        parent = file.read().split()[0]
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                state, its_parent = file.read().rpartition(")")[2].split()[:2]
        except OSError:
            continue  # it ended meanwhile
        if its_parent == parent and state != "Z":
            found.add(int(pid))
    return found


class Load:
    """Calls, made again and again by some threads while the block runs. Each call is given a
    connection of its own, so that what is seen is the shop's doing and not an idle connection's
    end."""

    def __init__(self, call, threads=4):
        self.call, self.answers, self.lock = call, [], threading.Lock()
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]

    def run(self):
        while not self.stop.is_set():
            try:
                answer = self.call()
            except requests.RequestException as error:
                answer = error
            with self.lock:
                self.answers.append(answer)
            time.sleep(0.01)  # the tools that are at work meanwhile need the machine too

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        eventually(lambda: len(self.answers) >= 10)
        return self

    def __exit__(self, *_):
        self.more()
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def more(self, n=20):
        """Waits until n further calls have been answered."""
        wanted = len(self.answers) + n
        eventually(lambda: len(self.answers) >= wanted, 60)

    def failed(self):
        return [answer for answer in self.answers
                if isinstance(answer, Exception) or answer.status_code >= 400]


def once(method, path, token=None, **options):
    headers = {"Connection": "close", "Accept-Language": "en", **options.pop("headers", {})}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return requests.request(method, support.URL + path, headers=headers, timeout=60, **options)


@pytest.fixture(scope="module")
def shelf(make_product):
    return make_product(stock=100000)


@pytest.fixture
def order_once(customer, shelf):
    """order_once(key): asks for one piece."""
    token = customer.token
    body = {"items": [{"variant_id": shelf["variants"][0]["id"], "quantity": 1}],
            "shipping_address": support.ADDRESS}

    def order(key=None):
        return once("POST", "/v1/orders", token, json=body,
                    headers={"Idempotency-Key": key or str(uuid.uuid4())})
    return order


def orders_of(user):
    return int(support.value(f"SELECT count(*) FROM sales.orders WHERE user_id = '{user.id}'"))


@pytest.fixture(autouse=True)
def works_afterwards(admin, make_product, place_order):
    """After every failure something is sold, at the first try."""
    yield
    product, buyer = make_product(stock=1), support.register()
    order = place_order(buyer, product)
    payment = buyer.post(f"/v1/orders/{order['id']}/payments", key=True, body={
        "gateway": "manual", "method": "bank_transfer"}).json()
    assert admin.post(f"/v1/payments/{payment['id']}/confirm").status_code == 200
    assert buyer.get(f"/v1/orders/{order['id']}").json()["status"] == "paid"
    for path in ("/v1/reports/sales", "/v1/runs", "/v1/sources", "/v1/roles", "/v1/categories",
                 "/v1/stock", "/v1/products", "/v1/ready", "/.well-known/jwks.json"):
        assert admin.get(path).status_code == 200, path


# Workers -------------------------------------------------------------------------------------

def test_readers_do_not_notice_that_a_worker_dies(shelf):
    before = workers("products-products")
    with Load(lambda: once("GET", f"/v1/products/{shelf['slug']}")) as load:
        for victim in list(before)[:2]:
            os.kill(victim, signal.SIGKILL)
            load.more()
    assert load.failed() == []
    eventually(lambda: len(workers("products-products")) == WORKERS["products-products"])
    assert len(before & workers("products-products")) == 2


def test_of_the_orders_under_way_only_that_of_the_dying_worker_fails(order_once, customer):
    before = workers("sales-orders")
    with Load(order_once) as load:
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        load.more()
    failed = load.failed()
    assert len(failed) <= 1
    for answer in failed:
        assert_problem(answer, 502, "program_failed")
    placed = len(load.answers) - len(failed)
    assert placed <= orders_of(customer) <= placed + len(failed)
    eventually(lambda: len(workers("sales-orders")) == WORKERS["sales-orders"])
    assert before - {victim} <= workers("sales-orders")


def test_readers_do_not_notice_that_all_workers_die_at_once(shelf):
    before = workers("products-products")
    with Load(lambda: once("GET", f"/v1/products/{shelf['id']}")) as load:
        for victim in before:
            os.kill(victim, signal.SIGKILL)
        load.more()
    assert load.failed() == []
    eventually(lambda: len(workers("products-products")) == WORKERS["products-products"])
    assert not before & workers("products-products")


def test_orders_sent_again_after_all_workers_died_are_placed_once(order_once, customer):
    keys, lock = [], threading.Lock()

    def insist():
        key = str(uuid.uuid4())
        with lock:
            keys.append(key)
        answers = [order_once(key)]
        while answers[-1].status_code != 201 and len(answers) < 20:
            assert_problem(answers[-1], 502, "program_failed")
            answers.append(order_once(key))
        return answers[-1]
    with Load(insist) as load:
        for victim in workers("sales-orders"):
            os.kill(victim, signal.SIGKILL)
        load.more()
    assert load.failed() == []
    assert orders_of(customer) == len(keys)
    eventually(lambda: len(workers("sales-orders")) == WORKERS["sales-orders"])


def test_a_worker_that_is_asked_to_end_answers_first(order_once):
    with Load(order_once) as load:
        for victim in workers("sales-orders"):
            os.kill(victim, signal.SIGTERM)
            load.more()
    assert load.failed() == []
    eventually(lambda: len(workers("sales-orders")) == WORKERS["sales-orders"])


def test_nobody_notices_that_all_programs_are_replaced(order_once, shelf):
    before = workers("sales-orders")
    with Load(order_once, 1) as orders:
        with Load(lambda: once("GET", f"/v1/products/{shelf['id']}"), 1) as pages:
            tool("workers", "start")
    assert orders.failed() == [] and pages.failed() == []
    assert not before & workers("sales-orders")


# nginx ---------------------------------------------------------------------------------------

def test_nobody_notices_that_nginx_reads_its_configuration_anew(order_once, shelf):
    with Load(order_once, 2) as orders:
        with Load(lambda: once("GET", f"/v1/products/{shelf['id']}"), 2) as pages:
            for _ in range(3):
                tool("web", "start")
                pages.more()
    assert orders.failed() == [] and pages.failed() == []


# PostgreSQL ----------------------------------------------------------------------------------

def assert_come_again(answers):
    """All of these were refused for the moment, and nothing worse."""
    for answer in answers:
        assert not isinstance(answer, Exception), answer
        assert_problem(answer, 503)
        assert 1 <= int(answer.headers["Retry-After"]) <= 10


def test_while_postgresql_restarts_callers_are_asked_to_come_again(
        order_once, customer, shelf, anyone):
    before = {name: workers(name) for name in WORKERS}
    keys, lock, refused = [], threading.Lock(), []

    def insist():
        key = str(uuid.uuid4())
        with lock:
            keys.append(key)
        answer = order_once(key)
        while answer.status_code != 201:
            with lock:
                refused.append(answer)
            time.sleep(0.1)
            answer = order_once(key)
        return answer
    with Load(insist, 3) as orders:
        with Load(lambda: once("GET", f"/v1/products/{shelf['id']}"), 2) as pages:
            tool("cluster", "restart")
            pages.more()
    assert orders.failed() == []
    assert_come_again(refused + pages.failed())
    assert orders_of(customer) == len(keys)
    assert {name: workers(name) for name in WORKERS} == before
    assert anyone.get("/v1/ready").status_code == 200


def test_without_postgresql_programs_live_but_are_not_ready(anyone, product, customer):
    # The product is one of which there is little, so that nginx never answers for the program.
    token = customer.token
    tool("cluster", "stop")
    time.sleep(1)  # from then on it has to be seen whether the session still lives
    try:
        assert anyone.get("/v1/health").status_code == 200
        assert_come_again([
            anyone.get("/v1/ready"), anyone.get(f"/v1/products/{product['id']}"),
            anyone.get("/v1/products"), once("GET", "/v1/users/me", token),
            once("GET", "/v1/users", token),
            anyone.post("/v1/sessions", {"email": "a@example.com", "password": "x"})])
        assert_problem(anyone.get("/v1/users"), 401, "unauthorized")
        assert_problem(anyone.post("/v1/sessions", {}), 422)
    finally:
        tool("cluster", "start")
    assert anyone.get("/v1/ready").status_code == 200
    assert customer.get("/v1/users/me").status_code == 200


def test_what_was_acknowledged_survives_a_crash_of_postgresql(order_once, customer):
    with open(os.path.join(support.VAR, "data", "postmaster.pid"), encoding="ascii") as file:
        postmaster = int(file.readline())
    try:
        with Load(order_once) as load:
            os.kill(postmaster, signal.SIGKILL)
            load.more()
    finally:
        tool("cluster", "start")
    assert_come_again(load.failed())
    acknowledged = {answer.json()["id"] for answer in load.answers if answer.ok}
    assert len(acknowledged) >= 10
    kept = {row[0] for row in support.rows(
        f"SELECT id FROM sales.orders WHERE user_id = '{customer.id}'")}
    assert acknowledged <= kept
    assert support.rows("SELECT * FROM sales.stock_integrity") == []


# Clients -------------------------------------------------------------------------------------

def connect():
    where = urlsplit(support.URL)
    return socket.create_connection((where.hostname, where.port), timeout=30)


def request_bytes(method, path, body=b"", **headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close",
             "Content-Type: application/json", f"Content-Length: {len(body)}",
             *(f"{name.replace('_', '-')}: {text}" for name, text in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def test_clients_that_hang_up_take_nobody_with_them(customer, shelf):
    before = {name: workers(name) for name in WORKERS}
    body = json.dumps({"items": [{"variant_id": shelf["variants"][0]["id"], "quantity": 1}],
                       "shipping_address": support.ADDRESS}).encode()
    keys = [str(uuid.uuid4()) for _ in range(12)]
    for key in keys:
        whole = request_bytes("POST", "/v1/orders", body, Idempotency_Key=key,
                              Authorization=f"Bearer {customer.token}")
        for cut in (10, len(whole) - len(body) - 1, len(whole) - 1, len(whole)):
            with connect() as connection:
                connection.sendall(whole[:cut])
    for _ in range(12):
        with connect() as connection:
            connection.sendall(request_bytes("GET", "/v1/products?limit=100"))
            connection.recv(100)
    for key in keys:
        answer = customer.post("/v1/orders", json.loads(body), key=key)
        while answer.status_code == 409:  # the first one with this key still runs
            time.sleep(0.1)
            answer = customer.post("/v1/orders", json.loads(body), key=key)
        assert answer.status_code == 201, answer.text
    assert orders_of(customer) == len(keys)
    assert {name: workers(name) for name in WORKERS} == before


def test_slow_bodies_keep_no_worker_waiting(anyone, customer):
    text = json.dumps({"email": customer.email, "password": customer.password}).encode()
    whole = request_bytes("POST", "/v1/sessions", text)
    slow = [connect() for _ in range(20)]  # there are two workers
    try:
        for connection in slow:
            connection.sendall(whole[:-20])
        for i in range(20, 0, -1):
            for connection in slow:
                connection.sendall(whole[len(whole) - i:len(whole) - i + 1])
            if i % 5 == 0:
                answer = anyone.get("/v1/sessions/current", timeout=5)
                assert_problem(answer, 401)
        for connection in slow:
            assert connection.recv(100).startswith(b"HTTP/1.1 201")
    finally:
        for connection in slow:
            connection.close()
