"""The outbox: what happens is written down with it, and subscribers are told, at least once and in
order, whatever they answer."""
import json
import os
import signal
import subprocess
import time

import pytest

import support
from subscriber import Subscriber, listening, signed
from support import assert_problem


def deliver():
    job = support.run_job("webhooks")
    assert job.returncode == 0, job.stderr


def until(condition, seconds=20):
    """Delivers until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not come about"
        deliver()


def hurry(webhook):
    """What waits for its next attempt is due now."""
    support.rows("UPDATE sales.deliveries SET next_attempt_at = now() WHERE status = 'pending'"
                 f" AND next_attempt_at IS NOT NULL AND webhook_id = '{webhook.id}'")


def deliveries(admin, webhook, **query):
    answer = admin.get(f"{webhook.path}/deliveries", params={"limit": 100, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def events_of(object_id):
    """[(type, version, payload)] in the order of writing."""
    return [(kind, version, json.loads(payload)) for kind, version, payload in support.rows(
        f"SELECT type, version, payload FROM sales.events WHERE object_id = '{object_id}' ORDER BY id")]


# Writing --------------------------------------------------------------------------------------

def test_an_orders_life_is_written_down(admin, customer, product, place_order, pay):
    order = place_order(customer, product)
    payment = pay(customer, order)
    for step in ("ship", "deliver"):
        assert admin.post(f"/v1/orders/{order['id']}/{step}").ok
    assert [kind for kind, _, _ in events_of(order["id"])] == [
        "order.placed", "order.paid", "order.shipped", "order.delivered"]
    versions = [int(version) for _, version, _ in events_of(order["id"])]
    assert versions == sorted(set(versions))
    assert [kind for kind, _, _ in events_of(payment["id"])] == ["payment.begun", "payment.captured"]
    placed = events_of(order["id"])[0][2]
    assert placed == {"id": order["id"], "number": order["number"], "status": "pending",
                      "currency": "BRL", "total": order["totals"]["total"]}


def test_stock_and_products_are_written_down(admin, customer, make_product, place_order):
    product = make_product(stock=3)
    variant = product["variants"][0]["id"]
    order = place_order(customer, product, 2)
    assert customer.post(f"/v1/orders/{order['id']}/cancel").ok
    assert [(payload["kind"], payload["on_hand"], payload["reserved"])
            for _, _, payload in events_of(variant)] == [
        ("receive", 3, 0), ("reserve", 0, 2), ("release", 0, -2)]
    other = admin.post("/v1/products", support.product_body()).json()
    assert admin.patch(f"/v1/products/{other['id']}", {"price": 1}).ok
    assert admin.delete(f"/v1/products/{other['id']}").status_code == 204
    told = events_of(other["id"])
    assert told[0][0] == "product.created" and told[-1][0] == "product.deleted"
    assert "product.changed" in [kind for kind, _, _ in told]
    assert [p["price"] for kind, _, p in told if kind == "product.changed"][-1] == 1


def test_what_is_refused_writes_nothing(customer, make_product):
    product = make_product(stock=1)
    before = support.value("SELECT coalesce(max(id), 0) FROM sales.events")
    answer = customer.post("/v1/orders", key=True, body={
        "items": [{"variant_id": product["variants"][0]["id"], "quantity": 2}],
        "shipping_address": support.ADDRESS})
    assert_problem(answer, 409, "insufficient_stock")
    assert support.rows("SELECT id FROM sales.events WHERE type = 'order.placed'"
                        f" AND id > {before} AND payload->>'id' NOT IN"
                        " (SELECT id::text FROM sales.orders)") == []


def test_events_say_nothing_of_people(customer, product, place_order):
    order = place_order(customer, product)
    text = json.dumps(events_of(order["id"]))
    for secret in (customer.id, customer.email, "Ana", support.ADDRESS["street"]):
        assert secret not in text


# Subscribers ----------------------------------------------------------------------------------

@pytest.mark.parametrize("url, code", [
    ("http://example.com/x", "url_not_https"), ("ftp://example.com/x", "not_url"),
    ("https://me:secret@example.com/", "url_with_password"), ("nothing", "not_url")])
def test_an_address_that_is_not_called_is_refused(admin, url, code):
    answer = admin.post("/v1/webhooks", {"url": url, "event_types": ["order.paid"]})
    problem = assert_problem(answer, 422, "validation_failed", "/url")
    assert code in [error["code"] for error in problem["errors"]]


def test_the_secret_is_shown_once_and_sealed(admin):
    with listening(admin, ["order.paid"]) as webhook:
        assert webhook.secret not in admin.get(webhook.path).text
        assert len(webhook.secret) == 43
        kept = support.value(f"SELECT secret FROM sales.webhooks WHERE id = '{webhook.id}'")
        assert webhook.secret.encode().hex() not in kept
        renewed = admin.post(f"{webhook.path}/secret")
        assert renewed.json()["secret"] != webhook.secret
        assert support.value("SELECT count(*) FROM registry.audit WHERE action LIKE 'webhook.%'"
                             f" AND subject = '{webhook.id}'") == "2"


def test_a_lost_update_is_refused(admin):
    with listening(admin, ["order.paid"]) as webhook:
        tag = admin.get(webhook.path).headers["ETag"]
        changed = admin.patch(webhook.path, {"event_types": ["order.*"], "description": "ERP"},
                              headers={"If-Match": tag})
        assert changed.json()["event_types"] == ["order.*"]
        assert_problem(admin.patch(webhook.path, {"status": "paused"}, headers={"If-Match": tag}),
                       412, "lost_update")


# Delivery -------------------------------------------------------------------------------------

def test_an_event_is_sent_signed(admin, customer, product, place_order):
    with listening(admin, ["order.placed"]) as webhook:
        order = place_order(customer, product)
        until(lambda: webhook.types(order["id"]))
        _, path, headers, body = next(r for r in webhook.requests
                                      if json.loads(r[3])["object_id"] == order["id"])
        assert path == "/vendas"
        assert headers["Content-Type"] == "application/json"
        assert signed(webhook.secret, headers, body)
        assert not signed(webhook.secret, headers, body + b" ")
        assert not signed("another", headers, body)
        event = json.loads(body)
        assert event["type"] == "order.placed" and event["data"]["number"] == order["number"]
        assert [d["status"] for d in deliveries(admin, webhook)
                if d["object_id"] == order["id"]] == ["delivered"]


def test_only_what_was_asked_for_is_sent(admin, customer, product, place_order, pay):
    with listening(admin, ["order.paid", "payment.*"]) as webhook:
        order = place_order(customer, product)
        payment = pay(customer, order)
        until(lambda: webhook.types(order["id"]))
        assert webhook.types(order["id"]) == ["order.paid"]
        assert webhook.types(payment["id"]) == ["payment.begun", "payment.captured"]
        assert {event["type"].split(".")[0] for event in webhook.events()} == {"order", "payment"}


def test_what_was_refused_is_tried_again_and_holds_up_its_object_alone(
        admin, customer, product, place_order, pay):
    poor = {}

    def answer(event, _):
        return 500 if event["object_id"] == poor.get("id") else 200
    with listening(admin, ["order.*"], answer) as webhook:
        stuck, other = place_order(customer, product), place_order(customer, product)
        poor["id"] = stuck["id"]
        pay(customer, stuck), pay(customer, other)
        until(lambda: webhook.types(other["id"]) == ["order.placed", "order.paid"])
        assert set(webhook.types(stuck["id"])) == {"order.placed"}
        waiting = [d for d in deliveries(admin, webhook) if d["object_id"] == stuck["id"]]
        assert [d["status"] for d in waiting] == ["pending", "pending"]
        assert (waiting[1]["last_status"], waiting[0]["next_attempt_at"]) == (500, None)
        poor.clear()
        hurry(webhook)
        until(lambda: webhook.types(stuck["id"])[-2:] == ["order.placed", "order.paid"])


@pytest.mark.parametrize("said, status, error", [
    (500, 500, None), (404, 404, None), ((302, {"Location": "/elsewhere"}), 302, None),
    (("close", None), None, "Server returned nothing (no headers, no data)")])
def test_an_answer_that_is_no_success_is_none(admin, customer, product, place_order, said, status,
                                              error):
    with listening(admin, ["order.placed"], lambda *_: said) as webhook:
        order = place_order(customer, product)
        until(lambda: webhook.types(order["id"]))
        until(lambda: [d for d in deliveries(admin, webhook, status="pending")
                       if d["object_id"] == order["id"] and d["attempts"]
                       and (d["last_status"], d["last_error"]) == (status, error)])
        assert {path for _, path, _, _ in webhook.requests} == {"/vendas"}


def test_who_is_slow_holds_up_nobody_else(admin, customer, make_product, place_order):
    product = make_product(stock=20)

    def sleep(*_):
        time.sleep(30)
        return 200
    with listening(admin, ["order.placed"], sleep) as slow, \
            listening(admin, ["order.placed"]) as quick:
        orders = [place_order(customer, product) for _ in range(20)]
        until(lambda: {o["id"] for o in orders} <= {e["object_id"] for e in quick.events()})
        begun = min(r[0] for r in slow.requests)
        for sent, _, _, _ in quick.requests:
            assert sent - begun < 2, "it waited for the slow one"
        until(lambda: any(d["last_error"] == "Timeout was reached"
                          for d in deliveries(admin, slow)))


def test_pauses_grow_and_have_an_end(admin, customer, product, place_order):
    deliver()  # of what others did nothing is left to be told
    with listening(admin, ["order.placed"], lambda *_: 503) as webhook:
        order = place_order(customer, product)
        until(lambda: webhook.types(order["id"]))
        until(lambda: deliveries(admin, webhook)[0]["last_status"] == 503)
        support.rows(f"UPDATE sales.deliveries SET attempts = 5 WHERE webhook_id = '{webhook.id}'")
        hurry(webhook)
        until(lambda: deliveries(admin, webhook)[0]["attempts"] == 6)
        wait = float(support.value(
            "SELECT extract(epoch FROM next_attempt_at - last_attempt_at) FROM sales.deliveries"
            f" WHERE webhook_id = '{webhook.id}' AND object_id = '{order['id']}'"))
        assert 150 < wait < 330  # 10 s doubled five times, of which half to all
        support.rows("UPDATE sales.deliveries SET queued_at = now() - interval '73 hours'"
                     f" WHERE webhook_id = '{webhook.id}'")
        hurry(webhook)
        until(lambda: deliveries(admin, webhook, status="dead"))
        assert [d["object_id"] for d in deliveries(admin, webhook, status="dead")] == [order["id"]]


def test_what_is_dead_lets_the_next_go_and_can_be_sent_again(admin, customer, product, place_order,
                                                            pay):
    health = {"status": 500}
    with listening(admin, ["order.*"], lambda *_: health["status"]) as webhook:
        order = place_order(customer, product)
        pay(customer, order)
        until(lambda: webhook.types(order["id"]))
        support.rows("UPDATE sales.deliveries SET queued_at = now() - interval '73 hours'"
                     f" WHERE webhook_id = '{webhook.id}'")
        for _ in range(2):
            hurry(webhook)
            deliver()
        until(lambda: len(deliveries(admin, webhook, status="dead")) == 2)
        dead = sorted(d["event_id"] for d in deliveries(admin, webhook, status="dead"))
        health["status"] = 200
        before = len(webhook.requests)
        answer = admin.post(f"{webhook.path}/replay", {
            "from_event": dead[0], "to_event": dead[1], "status": "dead"})
        assert (answer.status_code, answer.json()) == (202, {"events": 2})
        until(lambda: len(webhook.requests) >= before + 2)
        assert webhook.types(order["id"])[-2:] == ["order.placed", "order.paid"]
        again = admin.post(f"{webhook.path}/replay", {"from_event": dead[1]})
        assert again.json() == {"events": 1}
        until(lambda: webhook.types(order["id"])[-2:] == ["order.paid", "order.paid"])


def test_what_was_before_a_webhook_can_be_sent_to_it(admin, customer, product, place_order):
    order = place_order(customer, product)
    deliver()
    first = int(support.value(f"SELECT min(id) FROM sales.events WHERE object_id = '{order['id']}'"))
    with listening(admin, ["order.*"]) as webhook:
        deliver()
        assert webhook.types(order["id"]) == []
        assert admin.post(f"{webhook.path}/replay", {"from_event": first}).json() == {"events": 1}
        until(lambda: webhook.types(order["id"]) == ["order.placed"])


def test_a_paused_webhook_gets_everything_later(admin, customer, product, place_order):
    with listening(admin, ["order.placed"], status="paused") as webhook:
        order = place_order(customer, product)
        deliver()
        assert webhook.requests == []
        assert admin.patch(webhook.path, {"status": "active"}).ok
        until(lambda: webhook.types(order["id"]) == ["order.placed"])


def test_a_killed_job_loses_nothing(admin, customer, make_product, place_order, pay):
    """Killed while requests are under way: all comes, in order, some of it twice."""
    product = make_product(stock=12)

    def tarry(*_):
        time.sleep(0.2)
        return 200
    with listening(admin, ["order.*"], tarry) as webhook:
        orders = [place_order(customer, product) for _ in range(12)]
        for order in orders:
            pay(customer, order)
        job = os.path.join(support.PROGRAMS, "jobs", "webhooks")
        for _ in range(4):
            with subprocess.Popen([job], env=support.settings(), stderr=subprocess.DEVNULL) as run:
                time.sleep(0.35)
                run.send_signal(signal.SIGKILL)
            hurry(webhook)  # as if its claims had run out
        until(lambda: all("order.paid" in webhook.types(o["id"]) for o in orders))
        for order in orders:
            kinds = webhook.types(order["id"])
            assert kinds == sorted(kinds, key=["order.placed", "order.paid"].index), kinds
        until(lambda: not deliveries(admin, webhook, status="pending"))


def test_no_private_address_is_called_unless_it_may(admin, customer, product, place_order):
    job = os.path.join(support.PROGRAMS, "jobs", "webhooks")
    with listening(admin, ["order.placed"], status="paused") as webhook:
        address = webhook.url.replace("http://127.0.0.1", "https://localhost")
        assert admin.patch(webhook.path, {"url": address}).ok
        order = place_order(customer, product)
        deliver()
        support.rows(f"UPDATE sales.webhooks SET status = 'active' WHERE id = '{webhook.id}'")
        deadline = time.monotonic() + 20
        while not any(d["last_error"] == "private address" for d in deliveries(admin, webhook)):
            assert time.monotonic() < deadline
            hurry(webhook)
            subprocess.run([job], env={**support.settings(),
                                       "VENDAS_WEBHOOK_PRIVATE_ADDRESSES": "0"},
                           check=True, timeout=60, stderr=subprocess.DEVNULL)
        assert webhook.requests == []
        assert webhook.types(order["id"]) == []


# Upkeep ---------------------------------------------------------------------------------------

def test_old_events_are_forgotten_and_let_the_next_go(admin, customer, product, place_order, pay):
    with listening(admin, ["order.*"], status="paused") as webhook:
        order = place_order(customer, product)
        pay(customer, order)
        deliver()
        # The oldest first: so it gets a number before all others.
        support.rows(f"""
            BEGIN;
            INSERT INTO sales.events (id, type, object_id, version, payload, created_at, routed)
            OVERRIDING SYSTEM VALUE
            SELECT -1, type, object_id, version, payload, now() - interval '31 days', true
              FROM sales.events WHERE object_id = '{order['id']}' AND type = 'order.placed';
            UPDATE sales.deliveries SET event_id = -1 WHERE webhook_id = '{webhook.id}'
               AND event_id = (SELECT id FROM sales.events WHERE object_id = '{order['id']}'
                                  AND type = 'order.placed' AND id > 0);
            COMMIT""")
        assert [d["event_id"] for d in deliveries(admin, webhook)][-1] == -1
        assert support.run_job("expire").returncode == 0
        assert support.value("SELECT count(*) FROM sales.events WHERE id = -1") == "0"
        assert admin.patch(webhook.path, {"status": "active"}).ok
        until(lambda: webhook.types(order["id"]) == ["order.paid"])


def test_an_unreachable_subscriber_is_told_later(admin, customer, product, place_order):
    gone = Subscriber()
    gone.close()
    made = admin.post("/v1/webhooks", {"url": gone.url, "event_types": ["order.placed"]}).json()
    try:
        place_order(customer, product)
        deliver()
        path = f"/v1/webhooks/{made['id']}/deliveries"
        until(lambda: [d for d in admin.get(path).json()["data"]
                       if d["last_error"] == "Couldn't connect to server"])
    finally:
        admin.delete(f"/v1/webhooks/{made['id']}")
