"""The part of a shop day that goes on at the gateways: how buyers pay there, what goes wrong, and what
staff does about money."""
import datetime

import paying
import support
from support import ok


def ordered(owner, ana):
    """order(): ana's order of a piece, of which there are enough."""
    goods = ok(owner.post("/v1/products", support.product_body()), 201)
    variant = goods["variants"][0]["id"]
    ok(owner.post("/v1/stock/movements", key=True, body={
        "variant_id": variant, "kind": "receive", "quantity": 50}), 201)
    body = {"items": [{"variant_id": variant, "quantity": 1}], "shipping_address": support.ADDRESS}
    return lambda: ok(ana.post("/v1/orders", body, key=True), 201)


def told(anyone, gateway):
    """Notifications that were held, brought by a client whose answers are looked at."""
    while gateway.outbox.held:
        body = gateway.outbox.encode(gateway.outbox.held.pop(0))
        ok(anyone.request("POST", f"/v1/webhooks/{gateway.name}", data=body,
                          headers=gateway.signature(body)), 204)


def beginnings(ana, standin, order):
    """Gateways that say nothing, nothing yet, or no."""
    one = order()
    standin.misbehave("stripe", "create", "rate_limit")
    ok(paying.begin(ana, one, "stripe", "pix"), 503)
    standin.misbehave("stripe", "create", "cut")
    payment = ok(paying.begin(ana, one, "stripe", "pix"), 202)
    ok(paying.begin(ana, one, "stripe", "pix"), 409)
    ok(ana.post(f"/v1/payments/{payment['id']}/refresh"))
    standin.misbehave("stripe", "read", "error_before")
    ok(ana.post(f"/v1/payments/{payment['id']}/refresh"), 202)
    standin.misbehave("stripe", "cancel", "error_before")
    ok(ana.post(f"/v1/payments/{payment['id']}/cancel"), 202)
    ok(ana.post(f"/v1/payments/{payment['id']}/cancel"), 409)
    payment = ok(paying.begin(ana, one, "paypal", "paypal"), 201)
    ok(ana.post(f"/v1/payments/{payment['id']}/cancel"))


def set_aside(owner, ana, anyone, standin, order):
    """A card's money is set aside, and taken."""
    with paying.setting_aside("stripe"):
        payment = ok(paying.begin(ana, order(), "stripe", "card"), 201)
        take = f"/v1/payments/{payment['id']}/capture"
        ok(owner.post(take), 409)
        standin.stripe.pay(payment["ref"], "card")
        told(anyone, standin.stripe)
        assert paying.read(ana, payment)["status"] == "authorized"
        standin.misbehave("stripe", "capture", "error_before")
        assert ok(owner.post(take), 202)["status"] == "authorized"
        assert ok(owner.post(take))["status"] == "captured"


def refunds(owner, ana, anyone, standin, order):
    """What was paid goes back: by the gateway, and, of a boleto, by a person."""
    for gateway, method in (("paypal", "paypal"), ("stripe", "boleto")):
        payment = ok(paying.begin(ana, order(), gateway, method), 201)
        paying.pay(standin, payment)
        told(anyone, standin.gateways[gateway])
        path = f"/v1/payments/{payment['id']}"
        assert ok(ana.post(f"{path}/refresh"))["status"] == "captured"
        back = {"amount": 100, "reason": "Chegou riscado"}
        refund = ok(owner.post(f"{path}/refunds", back, key=True), 201)
        ok(owner.post(f"{path}/refunds", {"amount": payment["amount"]}, key=True), 409)
        ok(ana.get(f"{path}/refunds"))
        ok(owner.post(f"/v1/refunds/{refund['id']}/confirm"), 200 if method == "boleto" else 409)
        ok(ana.get(path))


def tasks(owner, ana, anyone, standin, order):
    """A buyer disputes what he has paid; somebody sees to it."""
    payment = ok(paying.begin(ana, order(), "stripe", "card"), 201)
    paying.pay(standin, payment)
    standin.stripe.dispute(payment["ref"])
    told(anyone, standin.stripe)
    task = ok(owner.get(f"/v1/payment-tasks?status=open&payment={payment['id']}"))["data"][0]
    ok(owner.get("/v1/payment-tasks?kind=dispute&limit=1"))
    path = f"/v1/payment-tasks/{task['id']}/close"
    ok(owner.post(path, {"note": "provas enviadas"}))
    ok(owner.post(path), 409)
    ok(owner.get("/v1/payment-tasks?status=closed"))


def payments(owner, ana, anyone, standin):
    order = ordered(owner, ana)
    for gateway in standin.gateways.values():
        gateway.outbox.set_mode("held")
    beginnings(ana, standin, order)
    set_aside(owner, ana, anyone, standin, order)
    refunds(owner, ana, anyone, standin, order)
    tasks(owner, ana, anyone, standin, order)
    paying.settle()
    paying.reconcile("--day", datetime.datetime.now(datetime.timezone.utc).date().isoformat())
    ok(owner.get("/v1/reconciliations?limit=1"))
    ok(owner.get("/v1/books"))
