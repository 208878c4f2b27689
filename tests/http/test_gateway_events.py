"""Notifications of gateways: genuine ones are applied once, in whatever order and however often they
come; forged ones reach nothing; what comes late is told to people."""
import hashlib
import hmac
import itertools
import json
import random
import time

import pytest

import paying
import support
from paying import buyer, goods, order

SECRET = "whsec_standin"


def signed(body, secret=SECRET, at=None):
    at = int(time.time()) if at is None else at
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


def notify(anyone, event, signature=None, **how):
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return anyone.request("POST", "/v1/webhooks/stripe", data=body, headers={
        "Content-Type": "application/json",
        "Stripe-Signature": signed(body, **how) if signature is None else signature})


def intent_event(payment, kind="payment_intent.succeeded", **fields):
    return {"id": support.unique("evt_"), "object": "event", "type": kind, "livemode": False,
            "api_version": "2023-08-16", "created": int(time.time()), "data": {"object": {
                "id": payment["ref"], "object": "payment_intent", "amount": payment["amount"],
                "currency": "brl", "livemode": False, "status": "succeeded",
                "amount_received": payment["amount"], "amount_capturable": 0,
                "latest_charge": "ch_" + payment["ref"], "created": int(time.time()),
                "metadata": {"payment": payment["id"]}, "payment_method_types": [payment["method"]],
                **fields}}}


def kept():
    return int(support.value("SELECT count(*) FROM sales.gateway_events"))


@pytest.mark.parametrize("how", [
    {"secret": "whsec_another"}, {"at": int(time.time()) - 1000}, {"signature": ""},
    {"signature": "t=1,v1=00"}, {"signature": "nonsense"}, {"signature": "t=,v1="}])
def test_a_forged_notification_reaches_no_table(standin, anyone, buyer, order, how):
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    standin.wait()
    before = kept()
    answer = notify(anyone, intent_event(payment), **how)
    support.assert_problem(answer, 400, "signature_invalid")
    assert kept() == before
    assert paying.order_status(buyer, order) == "pending"


def test_a_changed_body_is_refused(standin, anyone, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    body = json.dumps(intent_event(payment)).encode()
    answer = notify(anyone, body + b" ", signature=signed(body))
    support.assert_problem(answer, 400, "signature_invalid")
    assert notify(anyone, body).status_code == 204
    assert paying.order_status(buyer, order) == "paid"


def test_paypal_s_signature_is_checked(standin, anyone, buyer, order):
    standin.paypal.outbox.set_mode("held")
    payment = paying.begin(buyer, order, "paypal", "paypal").json()
    standin.paypal.approve(payment["ref"])
    event = standin.paypal.outbox.held[0]
    body = standin.paypal.outbox.encode(event)
    good = standin.paypal.signature(body)
    standin.wait()
    before = kept()
    for name, value in (("PAYPAL-TRANSMISSION-SIG", "AAAA"), ("PAYPAL-AUTH-ALGO", "SHA1withRSA"),
                        ("PAYPAL-CERT-URL", "https://evil.example/v1/notifications/certs/CERT-1"),
                        ("PAYPAL-TRANSMISSION-ID", "another")):
        headers = {**{k.upper(): v for k, v in good.items()}, name: value}
        answer = anyone.request("POST", "/v1/webhooks/paypal", data=body, headers=headers)
        support.assert_problem(answer, 400, "signature_invalid")
    assert kept() == before
    answer = anyone.request("POST", "/v1/webhooks/paypal", data=body, headers=good)
    assert answer.status_code == 204, answer.text


def test_what_is_signed_and_no_event_is_refused(standin, anyone):
    for body in (b"[]", b'{"id": 1}', b'{"id": "evt_1"}', b'"x"'):
        answer = notify(anyone, body)
        assert answer.status_code in (400, 422), answer.text
    assert notify(anyone, b"{").status_code == 400


def test_an_event_of_live_money_is_refused_by_a_test_account(standin, anyone, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    event = {**intent_event(payment, livemode=True), "livemode": True}
    support.assert_problem(notify(anyone, event), 400, "notification_wrong_mode")
    assert paying.order_status(buyer, order) == "pending"


def test_an_object_of_live_money_in_a_test_event_is_not_believed(standin, anyone, admin, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    assert notify(anyone, intent_event(payment, livemode=True)).status_code == 204
    assert paying.order_status(buyer, order) == "pending"
    assert "wrong_mode" in paying.kinds(admin, payment)


def test_unknown_events_and_payments_are_kept_and_passed_over(standin, anyone, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    for event in ({**intent_event(payment), "type": "customer.created"},
                  intent_event({**payment, "id": support.unique(""), "ref": "pi_of_somebody_else"})):
        assert notify(anyone, event).status_code == 204
        status, = support.rows(
            f"SELECT status FROM sales.gateway_events WHERE event_id = '{event['id']}'")[0]
        assert status == "ignored"
    assert paying.order_status(buyer, order) == "pending"


def test_what_is_kept_is_sealed(standin, anyone, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    event = intent_event(payment, receipt_email="ana@example.com")
    assert notify(anyone, event).status_code == 204
    raw = support.value(f"SELECT encode(raw, 'escape') FROM sales.gateway_events WHERE event_id = '{event['id']}'")
    assert "ana@" not in raw and "receipt" not in raw


def test_one_event_sent_ten_times_at_once_is_applied_once(standin, anyone, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    event = intent_event(payment)
    answers = support.at_once(*[lambda client=support.Client(): notify(client, event)] * 10)
    assert {answer.status_code for answer in answers} == {204}
    history = buyer.get(f"/v1/orders/{order['id']}").json()["history"]
    assert [step["to"] for step in history] == ["pending", "paid"]
    assert paying.books(payment)["sales"] == -payment["amount"]


def life_of(payment):
    """Six events of one payment: paid, its fee, two refunds, a dispute that is opened and lost."""
    half, charge = payment["amount"] // 2, "ch_" + payment["ref"]
    common = {"livemode": False, "currency": "brl", "charge": charge, "payment_intent": payment["ref"],
              "created": int(time.time()), "metadata": {}}
    dispute = {**common, "id": "dp_" + payment["ref"], "object": "dispute", "amount": half,
               "reason": "fraudulent", "is_charge_refundable": False,
               "evidence_details": {"due_by": int(time.time()) + 86400}}
    moved = [{"id": "txn_d", "object": "balance_transaction", "amount": -half, "fee": 1500,
              "net": -half - 1500, "type": "adjustment", "currency": "brl", "created": int(time.time())}]

    def event(kind, document):
        return {"id": support.unique("evt_"), "object": "event", "type": kind, "livemode": False,
                "api_version": "2023-08-16", "created": int(time.time()), "data": {"object": document}}

    def refund(name, amount):
        return event("refund.created", {**common, "id": name + payment["ref"], "object": "refund",
                                        "amount": amount, "status": "succeeded", "reason": None,
                                        "balance_transaction": "txn_" + name})
    return [
        intent_event(payment),
        event("charge.succeeded", {
            **common, "id": charge, "object": "charge", "amount": payment["amount"], "paid": True,
            "amount_captured": payment["amount"], "amount_refunded": 0, "captured": True,
            "status": "succeeded", "disputed": False, "refunded": False, "refunds": None,
            "metadata": {"payment": payment["id"]},
            "balance_transaction": "txn_1", "payment_method_details": {"type": payment["method"]}}),
        refund("re_a", 300), refund("re_b", 200),
        event("charge.dispute.created", {**dispute, "status": "needs_response",
                                         "balance_transactions": moved}),
        event("charge.dispute.closed", {**dispute, "status": "lost", "balance_transactions": moved}),
    ]


def outcome(client, order, payment):
    shown = paying.read(client, payment)
    return (paying.order_status(client, order), shown["status"], shown["received"], shown["refunded"],
            sorted((r["amount"], r["status"]) for r in shown["refunds"]),
            [(d["amount"], d["status"], d["reason"]) for d in shown["disputes"]],
            paying.books(payment))


def test_six_events_in_any_order_and_twice_come_to_one_state(
        standin, anyone, admin, make_product, place_order):
    """Some of the 720 orders, with some events twice; TEST_STEPS has more tried (all of them: 720)."""
    import os
    buyer, goods = paying.customer(), make_product(stock=100_000)
    orders = list(itertools.permutations(range(6)))
    chance = random.Random(int(os.environ.get("TEST_SEED", "6")))
    chance.shuffle(orders)
    seen = set()
    for permutation in orders[:int(os.environ.get("TEST_STEPS", "40"))]:
        order = place_order(buyer, goods, 2)
        payment = paying.begin(buyer, order, "stripe", "pix").json()
        events = life_of(payment)
        sent = [events[i] for i in permutation]
        for again in chance.sample(events, 3):
            sent.insert(chance.randrange(len(sent) + 1), again)
        for event in sent:
            assert notify(anyone, event).status_code == 204
        seen.add(json.dumps(outcome(admin, order, payment), sort_keys=True))
    assert len(seen) == 1, "\n".join(sorted(seen))
    status, payment_status, received, refunded, _, disputes, books = json.loads(seen.pop())
    assert (status, payment_status) == ("partially_refunded", "partially_refunded")
    assert refunded == 500 and received > 500
    assert disputes == [[received // 2, "lost", "fraudulent"]]
    assert books["sales"] == -received and sum(books.values()) == 0


def late(order):
    """The order's time is over, and the gateway has not heard of it."""
    support.expire_now(order)


@pytest.mark.parametrize("gateway, method", paying.METHODS[:3])
def test_money_for_an_expired_order_revives_it_while_there_is_stock(
        standin, admin, buyer, make_product, place_order, gateway, method):
    product = make_product(stock=2)
    order = place_order(buyer, product, 2)
    payment = paying.begin(buyer, order, gateway, method).json()
    late(order)
    assert paying.order_status(buyer, order) == "expired"
    paying.pay(standin, payment)
    assert paying.order_status(buyer, order) == "paid"
    level = admin.get(f"/v1/stock/{product['variants'][0]['id']}").json()
    assert (level["on_hand"], level["reserved"]) == (0, 0)
    assert "late_payment" in paying.kinds(admin, payment)


@pytest.mark.parametrize("how", ["gone", "canceled"])
def test_money_for_what_has_gone_or_was_canceled_goes_back(
        standin, admin, buyer, make_product, place_order, how):
    product = make_product(stock=2)
    order = place_order(buyer, product, 2)
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    if how == "gone":
        late(order)
        place_order(support.register(), product, 2)
    else:
        assert buyer.post(f"/v1/orders/{order['id']}/cancel").status_code == 200
    paying.pay(standin, payment)
    paying.settle()
    standin.wait()
    shown = paying.read(buyer, payment)
    assert (shown["status"], shown["refunded"]) == ("refunded", payment["amount"])
    assert paying.order_status(buyer, order) == {"gone": "expired", "canceled": "canceled"}[how]
    assert "late_payment" in paying.kinds(admin, payment)
    paying.assert_agrees(standin, admin, payment)


def test_a_paid_order_that_staff_cancels_is_paid_back(standin, admin, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "card").json()
    paying.pay(standin, payment)
    assert admin.post(f"/v1/orders/{order['id']}/cancel", {"reason": "fora de linha"}).status_code == 200
    paying.settle()
    standin.wait()
    assert paying.read(buyer, payment)["status"] == "refunded"
    paying.assert_agrees(standin, admin, payment)


def test_too_little_money_is_told_and_the_rest_can_be_paid(standin, anyone, admin, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    part = payment["amount"] - 100
    assert notify(anyone, intent_event(payment, amount_received=part)).status_code == 204
    assert paying.order_status(buyer, order) == "pending"
    assert "underpaid" in paying.kinds(admin, payment)
    rest = paying.begin(buyer, order, "stripe", "card").json()
    assert rest["amount"] == 100
    paying.pay(standin, rest)
    assert paying.order_status(buyer, order) == "paid"


def test_too_much_money_is_told(standin, anyone, admin, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    event = intent_event(payment, amount_received=payment["amount"] + 100)
    assert notify(anyone, event).status_code == 204
    assert paying.order_status(buyer, order) == "paid"
    assert "overpaid" in paying.kinds(admin, payment)
    answer = admin.post(f"/v1/payments/{payment['id']}/refunds", {"amount": 100, "reason": "a mais"}, key=True)
    assert answer.status_code == 201


def test_of_two_payments_the_one_too_many_goes_back(standin, admin, buyer, order):
    standin.stripe.outbox.set_mode("held")
    first = paying.begin(buyer, order, "stripe", "card").json()
    standin.stripe.pay(first["ref"], "card")  # we are not told
    support.rows("UPDATE sales.payments SET closed = 'failed', status = 'failed', step = NULL, due_at = NULL,"
                 f" next_action = NULL WHERE id = '{first['id']}'")
    second = paying.begin(buyer, order, "stripe", "pix").json()
    standin.stripe.pay(second["ref"], "pix")
    standin.stripe.outbox.deliver(only="payment_intent.succeeded")
    standin.stripe.outbox.set_mode("automatic")
    paying.settle()
    statuses = sorted(paying.read(buyer, payment)["status"] for payment in (first, second))
    assert statuses == ["captured", "refunded"]
    assert paying.order_status(buyer, order) == "paid"


def test_a_dispute_is_shown_told_and_holds_the_parcel(standin, admin, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "card").json()
    paying.pay(standin, payment)
    dispute = standin.stripe.dispute(payment["ref"])
    standin.wait()
    shown = paying.read(buyer, payment)
    assert [(d["status"], d["reason"]) for d in shown["disputes"]] == [("open", "fraudulent")]
    assert "dispute" in paying.kinds(admin, payment)
    ship = f"/v1/orders/{order['id']}/ship"
    support.assert_problem(admin.post(ship, {"carrier": "Correios"}, key=True), 409, "order_disputed")
    standin.stripe.close_dispute(dispute["id"] if isinstance(dispute, dict) else dispute, won=True)
    standin.wait()
    assert paying.read(buyer, payment)["disputes"][0]["status"] == "won"
    assert admin.post(ship, {"carrier": "Correios"}, key=True).status_code in (200, 201)
    paying.settle(1)
    assert sum(paying.books(payment).values()) == 0


def test_an_event_that_the_database_can_t_take_now_is_tried_again(standin, anyone, admin, buyer, order):
    payment = paying.begin(buyer, order, "stripe", "pix").json()
    event = intent_event(payment)
    support.rows(f"UPDATE sales.payments SET amount = amount WHERE id = '{payment['id']}';"
                 "ALTER TABLE sales.stock_movements ADD CONSTRAINT no_more CHECK (kind <> 'commit') NOT VALID")
    try:
        assert notify(anyone, event).status_code == 204
        assert paying.order_status(buyer, order) == "pending"
        assert support.value("SELECT status FROM sales.gateway_events"
                             f" WHERE event_id = '{event['id']}'") == "waiting"
        support.rows("UPDATE sales.gateway_events SET tries = 11, due_at = now()"
                     f" WHERE event_id = '{event['id']}'")
        paying.reconcile()
        assert "uncertain" in paying.kinds(admin, payment)
    finally:
        support.rows("ALTER TABLE sales.stock_movements DROP CONSTRAINT no_more")
    paying.make_due()
    paying.reconcile()
    assert paying.order_status(buyer, order) == "paid"
