"""What the tests of the stand-ins for the gateways share: somebody who asks as a careful shop does, and
somebody who is told of events."""
import itertools
import json
import os
import urllib.parse

import pytest
import requests

import gateways
import subscriber

needs_contracts = pytest.mark.skipif(not os.path.isdir(gateways.CONTRACTS),
                                     reason="../shared/gateways is not there")
NUMBERS = itertools.count()

BOLETO = {
    "payment_method_data[type]": "boleto", "payment_method_data[boleto][tax_id]": "529.982.247-25",
    "payment_method_data[billing_details][name]": "Ana Souza",
    "payment_method_data[billing_details][email]": "ana@example.com",
    "payment_method_data[billing_details][address][line1]": "Avenida Paulista, 1000",
    "payment_method_data[billing_details][address][city]": "São Paulo",
    "payment_method_data[billing_details][address][state]": "SP",
    "payment_method_data[billing_details][address][postal_code]": "01310-100",
    "payment_method_data[billing_details][address][country]": "BR",
}
PIX = {"payment_method_data[type]": "pix"}


def new_key():
    return f"key-{next(NUMBERS)}"


class StripeClient:
    def __init__(self, standin, secret_key="sk_test_abcdefgh1234"):
        self.standin = standin
        self.headers = {"Authorization": f"Bearer {secret_key}", "Stripe-Version": "2023-08-16"}

    def get(self, path, **query):
        return requests.get(self.standin.url + path, query, headers=self.headers, timeout=30)

    def post(self, path, fields=None, key=None, timeout=30, headers=None):
        headers = {**self.headers, "Idempotency-Key": key or new_key(), **(headers or {}),
                   "Content-Type": "application/x-www-form-urlencoded"}
        return requests.post(self.standin.url + path, urllib.parse.urlencode(fields or {}),
                             headers=headers, timeout=timeout)

    def begin(self, kind="card", amount=12990, **fields):
        """A new payment intent, which a buyer can pay."""
        how = {"pix": {"confirm": "true", **PIX}, "boleto": {"confirm": "true", **BOLETO}}
        answer = self.post("/v1/payment_intents", {
            "amount": amount, "currency": "brl", "payment_method_types[]": kind, **how.get(kind, {}),
            **fields})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def paid(self, kind="card", amount=12990, **fields):
        """A payment intent that was paid, as Stripe shows it."""
        return self.standin.stripe.pay(self.begin(kind, amount, **fields)["id"])

    def intent(self, name, *expand):
        answer = self.get(f"/v1/payment_intents/{name}", **{"expand[]": expand})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refund(self, intent, key=None, **fields):
        return self.post("/v1/refunds", {"payment_intent": intent["id"], **fields}, key)


class PayPalClient:
    def __init__(self, standin):
        self.standin, self.token = standin, None

    def sign_in(self, credentials=("standin-client", "standin-secret"), **fields):
        return requests.post(
            f"{self.standin.url}/v1/oauth2/token", {"grant_type": "client_credentials", **fields},
            auth=credentials, timeout=30)

    def headers(self, **more):
        if self.token is None:
            self.token = self.sign_in().json()["access_token"]
        return {"Authorization": f"Bearer {self.token}", **more}

    def get(self, path, **query):
        return requests.get(self.standin.url + path, query, headers=self.headers(), timeout=30)

    def post(self, path, body=None, key=None, timeout=30, **headers):
        headers = self.headers(**{"PayPal-Request-Id": key or new_key(),
                                  "Content-Type": "application/json", **headers})
        headers = {name: value for name, value in headers.items() if value is not None}
        return requests.post(self.standin.url + path, json={} if body is None else body,
                             headers=headers, timeout=timeout)

    def void(self, path, **headers):
        return requests.post(f"{self.standin.url}{path}/void", headers=self.headers(**headers),
                             timeout=30)

    def order(self, value="129.90", intent="CAPTURE", **unit):
        """The body of a request for an order."""
        return {"intent": intent, "purchase_units": [{
            "amount": {"currency_code": "BRL", "value": value}, **unit}],
                "payment_source": {"paypal": {"experience_context": {
                    "return_url": "https://shop.example/back?order=1", "locale": "pt-BR",
                    "cancel_url": "https://shop.example/cart", "user_action": "PAY_NOW",
                    "shipping_preference": "NO_SHIPPING"}}}}

    def begin(self, value="129.90", intent="CAPTURE", **unit):
        answer = self.post("/v2/checkout/orders", self.order(value, intent, **unit))
        assert answer.status_code == 201, answer.text
        return answer.json()

    def approved(self, value="129.90", intent="CAPTURE", **unit):
        return self.standin.paypal.approve(self.begin(value, intent, **unit)["id"])

    def capture(self, order, key=None, **more):
        return self.post(f"/v2/checkout/orders/{order['id']}/capture", None, key, **more)

    def paid(self, value="129.90", **unit):
        """The capture of an order that was paid."""
        answer = self.capture(self.approved(value, **unit))
        assert answer.status_code == 201, answer.text
        return answer.json()["purchase_units"][0]["payments"]["captures"][0]

    def refund(self, capture, body=None, key=None, **headers):
        return self.post(f"/v2/payments/captures/{capture['id']}/refund", body, key, **headers)


def told_events(standin, told):
    """The events that were told by now, in their order."""
    standin.wait()
    with told.lock:
        return [json.loads(body) for _, _, _, body in told.requests]


@pytest.fixture(scope="module")
def running():
    """One stand-in with its events going to one subscriber, for a file of tests."""
    told = subscriber.Subscriber()
    standin = gateways.StandIn(webhook_urls={"stripe": f"{told.url}/stripe",
                                             "paypal": f"{told.url}/paypal"})
    with standin:
        yield standin, told
    told.close()


@pytest.fixture
def told(running):
    """Who is told of the events; it starts with none."""
    running[0].wait()
    running[1].requests.clear()
    running[1].answer = lambda event, n: 200
    return running[1]


@pytest.fixture
def standin(running, told):
    """The stand-in as new. After the test nothing that it answered was against the contracts."""
    running[0].reset()
    running[0].check_answers()
    running[0].stripe.outbox.retry_delays = running[0].paypal.outbox.retry_delays = ()
    yield running[0]
    running[0].wait()
    assert not running[0].wrong, running[0].wrong


@pytest.fixture
def stripe(standin):
    return StripeClient(standin)


@pytest.fixture
def paypal(standin):
    return PayPalClient(standin)
