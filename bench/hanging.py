"""Gateways that hang: how long people wait who look at products, at their orders and at quotes while
buyers begin to pay, the job "reconcile" runs, and no call to a gateway is answered; beside the same
while nobody pays."""
import json
import statistics
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid

import notices
from measure import CLIENTS, HERE, URL, VAR, access_token, die, latency, spread, worker_memory

PATIENCE = 1.5  # target: of the 99th percentile while nobody pays
SCARCE = range(301, 601)  # products whose pages may not be cached
PAUSE = 1  # second, before a buyer who has had an answer tries again
LONGER = 3  # times a trial's seconds: all looks together outlast the time that a call is given
ALL = 1_000_000  # calls: more than there will be

ADDRESS = {"recipient": "Ana Lima", "postal_code": "01310-100", "street": "Avenida Paulista",
           "number": "1000", "district": "Bela Vista", "city": "São Paulo", "state": "SP"}
ITEMS = [{"variant_id": notices.id_of(n), "quantity": 1} for n in (1, 101, 201)]
WAYS = [{"gateway": "stripe", "method": "pix"}, {"gateway": "paypal", "method": "paypal"}]


def looks():
    """{what is looked at: the requests}."""
    token = {"Authorization": f"Bearer {access_token('CUSTOMER')}"}
    quote = json.dumps({"items": ITEMS, "postal_code": "01310-100"}).encode()
    return {
        "a product by id": [notices.request("GET", f"/v1/products/{notices.id_of(n)}", {})
                            for n in SCARCE],
        "the list of one's orders": [notices.request("GET", "/v1/orders", token)],
        "a quote": [notices.request("POST", "/v1/quotes", {"Content-Type": "application/json"},
                                    quote)],
    }


def post(path, body, key, token):
    """The status of the answer, and its body; 0 where there is none."""
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), {
        "Content-Type": "application/json", "Idempotency-Key": key,
        "Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""
    except OSError:
        return 0, b""


class Hanging:
    """Meanwhile gateways hang, and buyers wait for them. calls: how many hung, by the end."""

    def __init__(self, tool):
        self.tool, self.stopped, self.statuses, self.calls = tool, threading.Event(), [], 0

    def __enter__(self):
        token = access_token("CUSTOMER")
        orders = [self.order(token) for _ in range(CLIENTS)]
        self.control("/reset", {})
        for gateway in ("stripe", "paypal"):
            self.control("/misbehave", {"gateway": gateway, "operation": "*", "kind": "hang_before",
                                        "times": ALL})
        works = [(self.buy, order, WAYS[n % len(WAYS)], token) for n, order in enumerate(orders)]
        self.threads = [threading.Thread(target=work, args=arguments, daemon=True)
                        for work, *arguments in [*works, (self.reconcile,)]]
        for thread in self.threads:
            thread.start()
        self.wait_for_calls()
        return self

    def __exit__(self, *_):
        self.calls = len(self.hung())
        self.stopped.set()
        self.tool("gateways", "stop")  # ends the calls that still hang
        for thread in self.threads:
            thread.join()
        self.tool("gateways", "start")
        if set(self.statuses) - {0, 202, 409, 503, 504}:
            die(f"buyers were answered {sorted(set(self.statuses))} by gateways that hang")

    @staticmethod
    def control(path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{notices.account('paypal')['api_url']}/_control{path}", data,
                                    timeout=30) as answer:
            return json.load(answer)

    def hung(self):
        requests = self.control("/requests")
        if any(one["fault"] != "hang_before" for one in requests):
            die(f"not all calls hung: {requests}")
        return requests

    def wait_for_calls(self):
        """Until all workers that begin payments wait, and the job."""
        wanted = len(worker_memory("sales-payments")) + 1
        for _ in range(600):
            if len(self.hung()) >= wanted:
                return
            time.sleep(0.1)
        die(f"no calls to gateways: buyers were answered {self.statuses}")

    @staticmethod
    def order(token):
        status, body = post("/v1/orders", {"items": ITEMS, "shipping_address": ADDRESS},
                            str(uuid.uuid4()), token)
        if status != 201:
            die(f"an order was answered {status}")
        return json.loads(body)["id"]

    def buy(self, order, way, token):
        """Begins to pay, and again under the same key, as long as gateways hang."""
        key = str(uuid.uuid4())
        while not self.stopped.is_set():
            status, _ = post(f"/v1/orders/{order}/payments", way, key, token)
            if not self.stopped.is_set():
                self.statuses.append(status)
            self.stopped.wait(PAUSE)

    def reconcile(self):
        """As vendas-reconcile.timer has it."""
        while not self.stopped.is_set():
            subprocess.run([f"{HERE}/../vendas", "--var", VAR, "job", "reconcile"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            self.stopped.wait(5)


def looking(seconds):
    """{what is looked at: the 99th percentile in ms}."""
    return {label: latency(seconds * LONGER, "requests.lua", notices.write(requests), 1, "200")[2]
            for label, requests in looks().items()}


def measure(rounds, seconds, tool):
    """The lines of the table, and whether the target was reached, by what is looked at."""
    alone, beside, calls = [], [], 0
    for _ in range(rounds):
        alone.append(looking(seconds))
        with Hanging(tool) as gateways:
            beside.append(looking(seconds))
        calls += gateways.calls
    lines = [f"| one by one, 99 % within ms | nobody pays | {CLIENTS} buyers wait for gateways "
             "| ratio |", "|---|---:|---:|---:|"]
    reached = []
    for label in alone[0]:
        quiet, hung = [times[label] for times in alone], [times[label] for times in beside]
        cell, good = spread([a / b for a, b in zip(hung, quiet)], PATIENCE, at_most=True)
        lines.append(f"| {label} | {statistics.median(quiet):.2f} | {statistics.median(hung):.2f} "
                     f"| {cell} |")
        reached.append(good)
    return lines + ["", f"{calls} calls to gateways hung meanwhile."], reached
