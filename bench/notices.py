"""Gateways' notifications, genuine ones and forged: files of whole HTTP requests for requests.lua.
They are made anew for each trial, as signatures are good for five minutes."""
import hashlib
import hmac
import json
import sys
import time
import urllib.parse
import uuid

from measure import HERE, URL, VAR

sys.path.append(f"{HERE}/../tests/gateways")  # the stand-in, whose shapes are the gateways' own
import gateway_paypal_signing as paypal_signing  # noqa: E402
import gateway_stripe_shapes as shapes  # noqa: E402

AMOUNT = 31460  # of the orders of payments.sql, centavos
FORGED = 400  # of each kind, which come around again
OLD = 1000  # seconds, where 300 are borne


def id_of(n):
    """bench.id(n), which shop.sql has."""
    return f"00000000-0000-7000-8000-{n:012}"


def account(name):
    """The shop's at a gateway."""
    with open(f"{VAR}/gateways/{name}.json", encoding="utf-8") as file:
        return json.load(file)


def request(method, path, headers, body=b""):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urllib.parse.urlsplit(URL).netloc}",
             *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def write(requests, name="requests"):
    """The path of a file with them."""
    path = f"{VAR}/tmp/{name}"
    with open(path, "wb") as file:
        file.write(b"\0".join(requests))
    return path


# ---- Stripe --------------------------------------------------------------------------------

def paid_by_pix(n):
    """The body that tells of the payment n of payments.sql."""
    intent = shapes.payment_intent(False, {
        "amount": AMOUNT, "currency": "brl", "payment_method_types": ["pix"],
        "description": f"Pedido {n}", "receipt_email": "ana@example.com"})
    intent.update(id=f"pi_bench_{n}", status="succeeded", amount_received=AMOUNT,
                  latest_charge=f"ch_bench_{n}", payment_method=shapes.new_id("pm"),
                  metadata={"payment": id_of(n), "order": str(n)})
    event = shapes.event("payment_intent.succeeded", intent, False, None, None, 1)
    return json.dumps({**event, "id": f"evt_bench_{n}"}, indent=2).encode()


def to_stripe_s(body, secret, age=0):
    """To where Stripe sends; without a signature where there is no secret."""
    headers = {"User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
               "Content-Type": "application/json; charset=utf-8"}
    if secret:
        at = int(time.time()) - age
        mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        headers["Stripe-Signature"] = f"t={at},v1={mac}"
    return request("POST", "/v1/webhooks/stripe", headers, body)


def stripe_secret():
    with open(f"{VAR}/gateways/stripe.webhook", encoding="ascii") as file:
        return file.read().strip()


def genuine(first, last):
    secret = stripe_secret()
    return [to_stripe_s(paid_by_pix(n), secret) for n in range(first, last + 1)]


# ---- PayPal --------------------------------------------------------------------------------

class PayPal:
    """The shop's account, and who signs for PayPal; stranger is somebody else's key."""

    def __init__(self):
        own = account("paypal")
        self.webhook, self.url = own["webhook_id"], own["api_url"]
        self.signer = paypal_signing.Signer(f"{VAR}/stand-in")
        self.stranger = paypal_signing.new_key()

    @staticmethod
    def approved():
        """A body; of an order that the shop has never heard of."""
        payer = {"name": {"given_name": "Ana", "surname": "Lima"},
                 "email_address": "ana@example.com"}
        unit = {"reference_id": "default", "amount": {"currency_code": "BRL", "value": "314.60"}}
        order = {"id": uuid.uuid4().hex[:17].upper(), "intent": "CAPTURE", "status": "APPROVED",
                 "purchase_units": [unit], "payer": payer}
        return json.dumps({
            "id": f"WH-{uuid.uuid4()}", "event_version": "1.0", "resource_type": "checkout-order",
            "event_type": "CHECKOUT.ORDER.APPROVED", "resource": order}).encode()

    def notice(self, key=None, **headers):
        """Genuine where nothing else is said."""
        body = self.approved()
        own = self.signer.headers(body, self.webhook, self.url, key=key)
        return request("POST", "/v1/webhooks/paypal", {**own, **headers}, body)


# ---- Forgeries -----------------------------------------------------------------------------

def forgeries(paypal):
    """{what it is: (a function that makes one, what it is answered with)}. 503 is the answer where a
    certificate may only not be at hand: PayPal would send again."""
    body, secret = paid_by_pix(0), stripe_secret()
    place = f"{paypal.url}/v1/notifications/certs"
    return {
        "Stripe: no signature": (lambda: to_stripe_s(body, None), "400"),
        "Stripe: signed too long ago": (lambda: to_stripe_s(body, secret, OLD), "400"),
        "Stripe: another secret": (lambda: to_stripe_s(body, "whsec_another"), "400"),
        "PayPal: certificate elsewhere": (lambda: paypal.notice(
            **{"PAYPAL-CERT-URL": f"https://evil.example/{uuid.uuid4()}"}), "400"),
        "PayPal: another key": (lambda: paypal.notice(paypal.stranger), "400"),
        "PayPal: certificates that are not there": (lambda: paypal.notice(
            **{"PAYPAL-CERT-URL": f"{place}/CERT-{uuid.uuid4()}"}), "400,503"),
    }
