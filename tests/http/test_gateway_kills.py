"""Workers and jobs killed (SIGKILL) at any moment between our request to a gateway and our commit: after
reconciliation no payment is lost, none is taken twice, and no order is paid without money or the reverse.
TEST_STEPS says how many are killed."""
import contextlib
import json
import os
import random
import subprocess
import time


import paying
import support

STEPS = int(os.environ.get("TEST_STEPS", "40"))
SEED = int(os.environ.get("TEST_SEED", "500"))


def cgi(program, client, path, body):
    """A program at work on one request, as CGI."""
    text = json.dumps(body).encode()
    process = subprocess.Popen(
        [support.programs()[program]], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={
            **support.settings(), "PATH": os.environ["PATH"], "REQUEST_METHOD": "POST", "PATH_INFO": path,
            "HTTP_AUTHORIZATION": f"Bearer {client.token}", "HTTP_IDEMPOTENCY_KEY": support.unique("k"),
            "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(text))})
    process.stdin.write(text)
    process.stdin.close()
    return process


def job():
    return subprocess.Popen([os.path.join(support.PROGRAMS, "jobs", "reconcile")], env={
        **support.settings(), "PATH": os.environ["PATH"]}, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)


class Till:
    """A shop whose workers die."""

    def __init__(self, standin, admin, goods, place_order, chance):
        self.standin, self.admin, self.goods = standin, admin, goods
        self.place_order, self.chance, self.buyer = place_order, chance, paying.customer()
        self.orders, self.killed = [], 0

    def kill(self, process):
        """Somewhere between its start and a little after its end."""
        time.sleep(self.chance.uniform(0, 0.12))
        self.killed += process.poll() is None
        process.kill()
        process.wait()

    def payments(self, status):
        found = support.rows(
            "SELECT id, gateway, method, ref, order_id FROM sales.payments WHERE order_id IN ("
            + ", ".join(f"'{order['id']}'" for order in self.orders) + f") AND status = '{status}'")
        return [dict(zip(("id", "gateway", "method", "ref", "order_id"), row)) for row in found]

    def begin(self):
        order = self.place_order(self.buyer, self.goods, 1)
        self.orders.append(order)
        gateway, method = self.chance.choice(paying.METHODS)
        self.kill(cgi("sales-payments", self.buyer, f"/v1/orders/{order['id']}/payments",
                      {"gateway": gateway, "method": method}))

    def pay(self):
        """The buyer pays what he knows of; a PayPal payment is then for us to capture."""
        begun = [p for p in self.payments("pending") if p["ref"]] if self.orders else []
        if not begun:
            return
        payment = self.chance.choice(begun)
        with contextlib.suppress(ValueError):  # he has paid it before
            paying.pay(self.standin, payment)
        if payment["gateway"] == "paypal":
            self.kill(job())

    def refund(self):
        captured = [p for p in self.payments("captured") if p["method"] != "boleto"] if self.orders else []
        if captured:
            payment = self.chance.choice(captured)
            self.kill(cgi("sales-refunds", self.admin, f"/v1/payments/{payment['id']}/refunds",
                          {"amount": self.chance.choice([100, 250])}))

    def cancel(self):
        begun = self.payments("pending") if self.orders else []
        if begun:
            payment = self.chance.choice(begun)
            self.kill(cgi("sales-payments", self.buyer, f"/v1/payments/{payment['id']}/cancel", {}))

    def repair(self):
        paying.make_due()
        self.kill(job())


def test_killed_at_any_moment_the_money_is_right_in_the_end(standin, admin, make_product, place_order):
    chance = random.Random(SEED)
    till = Till(standin, admin, make_product(stock=10_000), place_order, chance)
    operations = [till.begin, till.pay, till.pay, till.refund, till.cancel, till.repair]
    while till.killed < STEPS:
        chance.choice(operations)()
    standin.wait()
    paying.settle(4)
    standin.wait()
    books = standin.books()
    known = set()
    for order in till.orders:
        status = paying.order_status(admin, order)
        payments = admin.get(f"/v1/orders/{order['id']}/payments").json()["data"]
        got = 0
        for payment in payments:
            if payment["ref"]:
                known.add(payment["ref"])
                paying.assert_agrees(standin, admin, payment)
            got += payment["received"]
        assert (status in ("paid", "partially_refunded", "refunded")) == (got > 0), (status, payments)
        assert got in (0, order["totals"]["total"]), payments
    theirs = {ref for gateway in books.values() for ref, book in gateway.items() if book["captured"]}
    assert theirs <= known, "the gateway has money that we do not know of"
    assert support.rows("SELECT * FROM sales.money_integrity") == []
    for order in till.orders:
        for payment in admin.get(f"/v1/orders/{order['id']}/payments").json()["data"]:
            assert "uncertain" not in paying.kinds(admin, payment)
