"""A crowd buys what there is too little of while workers and the database die under it: what was
there is sold, once, and to those who were told so."""
import concurrent.futures
import os
import random
import signal
import threading
import time
import uuid

import pytest
import requests

import support
from test_failures import once, tool, workers

# TEST_CROWD=1000 for the whole crowd, which takes some minutes to sign in.
BUYERS = int(os.environ.get("TEST_CROWD", "200"))
PRODUCTS = 50
PIECES = 2  # that each buyer wants, of one product each


@pytest.fixture(scope="module")
def crowd():
    """Access tokens of so many buyers. Registering hashes a password; they share one."""
    first = support.register("Comprador")
    emails = [f"{support.unique('tumulto')}@example.com" for _ in range(BUYERS - 1)]
    users = ", ".join(f"('{email}')" for email in emails)
    support.rows("INSERT INTO registry.users (name, email, password_hash)"
                 " SELECT u.name, new.email, u.password_hash FROM registry.users u,"
                 f" (VALUES {users}) AS new (email) WHERE u.id = '{first.id}'")
    buyers = [first] + [support.Client(email, first.password) for email in emails]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda buyer: buyer.token, buyers))


def insist(token, variant):
    """Asks again, with the same key, until there is an answer to the question: the order, or None
    where it was refused for want of stock."""
    body = {"items": [{"variant_id": variant, "quantity": PIECES}],
            "shipping_address": support.ADDRESS}
    key, end = str(uuid.uuid4()), time.monotonic() + 120
    while time.monotonic() < end:
        try:
            answer = once("POST", "/v1/orders", token, json=body, headers={"Idempotency-Key": key})
        except requests.RequestException:
            answer = None
        if answer is not None and answer.status_code == 201:
            return answer.json()["id"]
        if answer is not None and answer.status_code < 500:
            code = answer.json()["code"]
            if code == "insufficient_stock":
                return None
            assert code == "idempotency_key_in_use", answer.text
        time.sleep(random.uniform(0.05, 0.2))
    pytest.fail("nobody ever answers")


class Trouble:
    """Kills a worker every so often while the block runs, and the database now and then."""

    def __init__(self, seed):
        self.draw, self.over = random.Random(seed), threading.Event()
        self.killed = self.restarted = 0
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.wait(self.draw.uniform(0.4, 1.0)):
            if self.restarted < 1 + self.killed // 8:
                self.kill_database()
            for worker in self.draw.sample(sorted(workers("sales-orders")), 1):
                os.kill(worker, signal.SIGKILL)
                self.killed += 1

    def kill_database(self):
        path = os.path.join(support.VAR, "data", "postmaster.pid")
        with open(path, encoding="ascii") as file:
            postmaster = int(file.readline())
        if self.restarted % 2:
            tool("cluster", "restart")
        else:
            os.kill(postmaster, signal.SIGKILL)
            tool("cluster", "start")
        self.restarted += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def test_what_a_crowd_buys_through_failures_is_what_there_was(crowd, make_product):
    seed = random.randrange(1 << 32)
    each = BUYERS // PRODUCTS * PIECES // 2  # stock for half of them
    products = [make_product(stock=each)["variants"][0]["id"] for _ in range(PRODUCTS)]
    wanted = [products[n % PRODUCTS] for n in range(BUYERS)]
    random.Random(seed).shuffle(wanted)
    with Trouble(seed) as trouble, concurrent.futures.ThreadPoolExecutor(32) as pool:
        orders = list(pool.map(insist, crowd, wanted))
    assert trouble.killed and trouble.restarted, seed

    told = [order for order in orders if order]
    listed = ", ".join(f"'{variant}'" for variant in products)
    kept = support.rows("SELECT DISTINCT order_id FROM sales.order_items"
                        f" WHERE variant_id IN ({listed})")
    assert sorted(order for order, in kept) == sorted(told), seed
    levels = support.rows("SELECT on_hand, reserved FROM sales.stock_levels"
                          f" WHERE variant_id IN ({listed})")
    assert levels == [[str(each), str(each // PIECES * PIECES)]] * PRODUCTS, seed
    assert support.rows("SELECT * FROM sales.integrity") == []
    assert support.rows("SELECT * FROM products.stock_integrity") == []
