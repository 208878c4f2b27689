"""The stand-in for the payment gateways by itself: it misbehaves when told to, and only then; it is
controlled over HTTP; buyers find pages; and it runs as a program."""
import collections
import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
import requests

import gateways
import support
from gateway_client import (PayPalClient, StripeClient, paypal, running, standin, stripe, told,
                            told_events)

__all__ = ["paypal", "running", "standin", "stripe", "told"]

CARD = {"amount": 12990, "currency": "brl"}


def create(client, key=None, timeout=30):
    """A payment begun at either gateway."""
    if isinstance(client, StripeClient):
        return client.post("/v1/payment_intents", CARD, key, timeout)
    return client.post("/v2/checkout/orders", client.order(), key, timeout)


def count(standin):
    return (len(standin.stripe.state["payment_intents"]) + len(standin.paypal.state["orders"]))


@pytest.fixture(params=["stripe", "paypal"])
def client(request, standin):
    """Somebody who asks one of the gateways, as which it is known to misbehave()."""
    one = {"stripe": StripeClient, "paypal": PayPalClient}[request.param](standin)
    one.gateway = request.param
    if request.param == "paypal":
        one.headers()  # signs in
    return one


# Answers --------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind, error", [
    ("hang_before", requests.ReadTimeout), ("reset", requests.ConnectionError)])
def test_a_call_that_is_not_accepted_and_not_answered_changed_nothing(standin, client, kind, error):
    standin.misbehave(client.gateway, "create", kind)
    with pytest.raises(error):
        create(client, "one", timeout=0.5)
    assert count(standin) == 0
    assert create(client, "one").status_code in (200, 201)
    assert count(standin) == 1


@pytest.mark.parametrize("kind, status", [
    ("error_before", 500), ("bad_gateway", 502), ("rate_limit", 429)])
def test_a_call_that_is_turned_away_changed_nothing(standin, client, kind, status):
    standin.misbehave(client.gateway, "create", kind, times=2, seconds=7)
    for _ in range(2):
        refused = create(client, "one")
        assert refused.status_code == status
        assert refused.headers.get("Retry-After") == ("7" if status == 429 else None)
    assert count(standin) == 0
    assert create(client, "one").status_code in (200, 201)


def test_a_call_that_was_accepted_and_not_answered_is_replayed_by_its_key(standin, client):
    standin.misbehave(client.gateway, "create", "hang_after")
    with pytest.raises(requests.ReadTimeout):
        create(client, "one", timeout=0.5)
    assert count(standin) == 1
    assert create(client, "one").status_code == 200
    assert count(standin) == 1
    assert [asked["key"] for asked in standin.asked(client.gateway, "create")] == ["one", "one"]


def test_a_call_that_hangs_is_closed_in_the_end(standin, client):
    standin.misbehave(client.gateway, "create", "hang_after", seconds=0.3)
    with pytest.raises(requests.ConnectionError):
        create(client)
    assert count(standin) == 1


def test_an_error_after_accepting_is_replayed_by_stripe_and_forgotten_by_paypal(standin, client):
    standin.misbehave(client.gateway, "create", "error_after")
    assert create(client, "one").status_code == 500
    assert count(standin) == 1
    again = create(client, "one")
    assert again.status_code == (500 if client.gateway == "stripe" else 200)
    assert count(standin) == 1


def test_half_an_answer_is_no_answer(standin, client):
    standin.misbehave(client.gateway, "create", "cut")
    half = create(client, "one")  # requests does not mind, where curl fails
    assert 0 < len(half.content) < int(half.headers["Content-Length"])
    with pytest.raises(ValueError):
        half.json()
    assert create(client, "one").status_code == 200
    assert count(standin) == 1


def test_an_answer_comes_twice_or_late(standin, client):
    standin.misbehave(client.gateway, "create", "twice")
    assert create(client).status_code in (200, 201)
    standin.misbehave(client.gateway, "create", "slow", seconds=0.5)
    start = time.monotonic()
    assert create(client).status_code in (200, 201)
    assert time.monotonic() - start >= 0.5
    assert count(standin) == 2


def test_each_operation_misbehaves_by_itself_and_as_often_as_told(standin, client):
    standin.misbehave(client.gateway, "read", "error_before")
    standin.misbehave(client.gateway, "*", "rate_limit", times=2)
    assert [create(client).status_code // 100 for _ in range(3)] == [4, 4, 2]
    assert [left["operation"] for left in standin.faults.left()] == ["read"]
    with pytest.raises(ValueError):
        standin.misbehave(client.gateway, "create", "explode")
    with pytest.raises(ValueError):
        standin.misbehave(client.gateway, "explode", "cut")
    with pytest.raises(ValueError):
        standin.misbehave(client.gateway, "read", "decline")


def test_a_gateway_that_was_away_has_everything_when_it_is_back(standin, client):
    made = create(client).json()["id"]
    standin.stop()
    with pytest.raises(requests.ConnectionError):
        create(client, timeout=2)
    standin.start()
    assert count(standin) == 1
    path = "/v1/payment_intents" if client.gateway == "stripe" else "/v2/checkout/orders"
    assert client.get(f"{path}/{made}").status_code == 200


def test_only_one_of_many_at_once_with_one_key_makes_something(standin, client):
    answers, barrier = [], threading.Barrier(8)

    def ask():
        barrier.wait()
        answers.append(create(client, "one").status_code)
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(standin) == 1
    assert set(answers) <= {200, 201, 409}


# Events ---------------------------------------------------------------------------------------

def test_events_come_after_the_answer_in_their_order(standin, stripe, told):
    told.answer = lambda event, n: time.sleep(0.2) or 200
    for _ in range(3):
        stripe.begin("pix")
    assert [event["type"] for event in told_events(standin, told)] == [
        "payment_intent.created", "payment_intent.requires_action"] * 3


def test_an_event_comes_before_the_answer(standin, stripe, told):
    known = []
    standin.misbehave("stripe", "create", "event_first")
    told.answer = lambda event, n: known.append(event["data"]["object"]["id"]) or time.sleep(0.3) or 200
    answer = stripe.post("/v1/payment_intents", CARD)
    assert known == [answer.json()["id"]]


def test_events_of_a_call_are_dropped_doubled_or_shuffled(standin, stripe, told):
    standin.misbehave("stripe", "create", "drop_events")
    stripe.begin("pix")
    assert told_events(standin, told) == []
    assert len(stripe.get("/v1/events").json()["data"]) == 2
    standin.misbehave("stripe", "create", "duplicate_events")
    stripe.begin("pix")
    counts = collections.Counter(event["id"] for event in told_events(standin, told))
    assert sorted(counts.values()) == [2, 2]
    standin.misbehave("stripe", "create", "shuffle_events", times=20)
    for _ in range(20):
        stripe.begin("pix")
    firsts = [event["type"] for event in told_events(standin, told)[4::2]]
    assert set(firsts) == {"payment_intent.created", "payment_intent.requires_action"}


def test_events_are_held_and_delivered_in_any_order_and_number(standin, stripe, told):
    outbox = standin.stripe.outbox
    outbox.set_mode("held")
    stripe.paid("pix")
    assert told_events(standin, told) == []
    [(kind, status)] = outbox.deliver(only=["payment_intent.succeeded"])
    assert (kind, status) == ("payment_intent.succeeded", 200)
    sent = outbox.deliver(shuffle=True, copies=3, seed=1, parallel=4)
    assert collections.Counter(kind for kind, _ in sent) == {
        "payment_intent.created": 3, "payment_intent.requires_action": 3, "charge.succeeded": 3}
    assert [kind for kind, _ in sent] != sorted((kind for kind, _ in sent), key=str)
    assert outbox.deliver() == []
    assert len(outbox.resend()) == 4
    assert len(told_events(standin, told)) == 14


def test_events_of_all_calls_are_doubled_and_shuffled_where_the_mode_says_so(standin, paypal, told):
    standin.paypal.outbox.set_mode("automatic", copies=2, shuffle=True)
    paypal.paid()
    counts = collections.Counter(event["event_type"] for event in told_events(standin, told))
    assert counts == {"CHECKOUT.ORDER.APPROVED": 2, "PAYMENT.CAPTURE.COMPLETED": 2}


def test_an_event_that_the_shop_does_not_take_is_sent_again_and_then_held(standin, stripe, told):
    standin.stripe.outbox.retry_delays = (0.1, 0.1)
    told.answer = lambda event, n: 500 if n <= 2 else 200
    stripe.begin()
    standin.wait()
    assert [delivery["status"] for delivery in standin.stripe.outbox.deliveries] == [500, 500, 200]
    told.answer = lambda event, n: 500
    stripe.begin()
    standin.wait()
    told.answer = lambda event, n: 200
    assert standin.stripe.outbox.deliver() == [("payment_intent.created", 200)]


# Control and pages ----------------------------------------------------------------------------

def control(standin, method, path, status=200, **options):
    answer = requests.request(method, f"{standin.url}/_control/{path}", json=options, timeout=30)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_everything_is_controlled_over_http(standin, stripe, paypal):
    control(standin, "POST", "misbehave", gateway="stripe", operation="create", kind="error_before")
    assert control(standin, "GET", "faults")[0]["kind"] == "error_before"
    control(standin, "DELETE", "misbehave")
    control(standin, "POST", "stripe/mode", mode="held")
    intent = stripe.begin("pix")
    assert control(standin, "POST", f"stripe/pay/{intent['id']}")["status"] == "succeeded"
    delivered = control(standin, "POST", "stripe/deliver", shuffle=True, copies=2)
    assert len(delivered) == 8 and delivered[0]["status"] == 200
    assert len(control(standin, "POST", "stripe/resend", only=["charge.succeeded"])) == 1
    order = paypal.begin()
    assert control(standin, "POST", f"paypal/approve/{order['id']}")["status"] == "APPROVED"
    control(standin, "POST", "paypal/settings", token_lifetime=5)
    assert paypal.sign_in().json()["expires_in"] == 5
    books = control(standin, "GET", "books")
    assert books["stripe"][intent["id"]]["captured"] == 12990
    assert books["paypal"][order["id"]]["status"] == "APPROVED"
    assert control(standin, "GET", "paypal/state")["orders"][order["id"]]["intent"] == "CAPTURE"
    assert len(control(standin, "GET", "stripe/events")) == 4
    assert "dispute" in control(standin, "GET", "stripe/actions")
    assert control(standin, "GET", "refused") == []
    assert control(standin, "GET", "requests")[0]["operation"] == "create"
    control(standin, "POST", "reset")
    assert control(standin, "GET", "books") == {"stripe": {}, "paypal": {}}


def test_what_cannot_be_controlled_says_why(standin, stripe):
    paid = stripe.paid()
    for path in (f"stripe/pay/{paid['id']}", "stripe/pay/pi_unknown", "stripe/clear", "visa/pay/1",
                 "stripe/mode", "unknown"):
        assert control(standin, "POST", path, 409)["error"]
    control(standin, "POST", "misbehave", 409, gateway="stripe", operation="create", kind="explode")


def press(url, button):
    return requests.post(url, {"do": button}, allow_redirects=False, timeout=30)


@pytest.mark.parametrize("kind", ["pix", "boleto"])
def test_a_buyer_pays_by_code_or_slip_at_the_page_that_stripe_names(standin, stripe, kind):
    intent = stripe.begin(kind)
    details = next(value for value in intent["next_action"].values() if isinstance(value, dict))
    url = details.get("hosted_instructions_url") or details["hosted_voucher_url"]
    page = requests.get(url, timeout=30)
    assert "R$129,90" in page.text and "Pagar" in page.text and "Recusar" in page.text
    assert (details.get("data") or details["number"]) in page.text
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page.text)
    assert press(url, "pay").status_code == 200
    assert stripe.intent(intent["id"])["status"] == "succeeded"
    assert "Pagar" not in requests.get(url, timeout=30).text
    assert press(url, "pay").status_code == 409
    assert intent["id"] in requests.get(standin.url, timeout=30).text


@pytest.mark.parametrize("button, status", [("pay", "succeeded"), ("decline", "failed")])
def test_a_buyer_pays_by_card_and_comes_back_to_the_shop(standin, stripe, button, status):
    intent = stripe.begin()
    url = f"{standin.url}/pay/card/{intent['client_secret']}?return_url=https://shop.example/a?b=1"
    other = f"{standin.url}/pay/card/{intent['id']}_secret_no"
    assert requests.get(other, timeout=30).status_code == 404
    assert "4242" in requests.get(url, timeout=30).text
    back = press(url, button)
    assert back.status_code == 303
    assert back.headers["Location"].startswith(
        f"https://shop.example/a?b=1&payment_intent={intent['id']}&")
    assert back.headers["Location"].endswith(f"redirect_status={status}")


def test_a_buyer_approves_or_leaves_at_paypal(paypal):
    order = paypal.begin(description="Pedido 42")
    [url] = [link["href"] for link in order["links"] if link["rel"] == "payer-action"]
    assert "Pedido 42" in requests.get(url, timeout=30).text
    assert press(url, "decline").headers["Location"] == f"https://shop.example/cart?token={order['id']}"
    back = press(url, "pay").headers["Location"]
    assert back.startswith(f"https://shop.example/back?order=1&token={order['id']}&PayerID=")
    assert paypal.capture(order).status_code == 201


# The program ----------------------------------------------------------------------------------

def run(tmp_path, *arguments):
    """The program, when it has said that it runs: the process and where it is."""
    process = subprocess.Popen(
        [sys.executable, gateways.__file__, "--port", "0", "--folder", str(tmp_path), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    return process, re.search(r"http://[\d.:]+", line)[0]


class At:
    def __init__(self, url):
        self.url = url


def test_it_runs_without_contracts_and_keeps_its_state_over_a_restart(tmp_path):
    process, url = run(tmp_path, "--contracts", str(tmp_path))
    intent = StripeClient(At(url)).begin("boleto", **{"metadata[order]": "42"})
    order = PayPalClient(At(url)).begin()
    assert PayPalClient(At(url)).post("/v2/checkout/orders", {"intent": "CAPTURE"}).status_code == 400
    assert StripeClient(At(url)).post("/v1/payment_intents", {"currency": "brl"}).status_code == 400
    first_ca = (tmp_path / "paypal-ca.pem").read_bytes()
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=30)
    assert process.returncode == 0 and "not held against contracts" in log
    process, url = run(tmp_path, "--contracts", str(tmp_path))
    try:
        assert StripeClient(At(url)).intent(intent["id"])["metadata"] == {"order": "42"}
        assert PayPalClient(At(url)).get(f"/v2/checkout/orders/{order['id']}").status_code == 200
        assert (tmp_path / "paypal-ca.pem").read_bytes() == first_ca
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_it_says_what_it_wants():
    done = subprocess.run([sys.executable, gateways.__file__, "--help"], capture_output=True, text=True,
                          timeout=30, check=True)
    for option in ("--port", "--contracts", "--webhook-url-stripe", "--webhook-url-paypal",
                   "--stripe-secret", "--paypal-webhook-id", "--folder"):
        assert option in done.stdout


def test_its_accounts_are_whole_before_it_has_started():
    folder = os.path.join(support.VAR, "tmp", support.unique("conta"))
    os.mkdir(folder)
    with open(os.path.join(folder, "vendas.env"), "w", encoding="ascii"):
        pass
    made = subprocess.run([os.path.join(support.ROOT, "tools", "gateways"), "accounts", "1"], check=False,
                          capture_output=True, text=True, timeout=60, env={**os.environ, "VENDAS_VAR": folder})
    assert made.returncode == 0, made.stderr
    job = subprocess.run([os.path.join(support.PROGRAMS, "jobs", "reconcile"), "?"], check=False,
                         capture_output=True, text=True, timeout=60,
                         env={**support.settings(), "VENDAS_GATEWAYS": os.path.join(folder, "gateways")})
    assert "usage: reconcile" in job.stderr and "VENDAS_GATEWAYS" not in job.stderr, job.stderr
