"""The stand-in for Stripe by itself: it keeps the published contract, and refuses what Stripe does."""
import json
import os
import re
import threading
import time

import pytest
import requests

import gateways
from gateway_client import (BOLETO, StripeClient, needs_contracts, new_key, running, standin, stripe,
                            told, told_events)

__all__ = ["running", "standin", "stripe", "told"]

CARD = {"amount": "12990", "currency": "brl"}


def error_of(answer, status=400):
    assert answer.status_code == status, answer.text
    return answer.json()["error"]


def types(standin, told):
    return [event["type"] for event in told_events(standin, told)]


# The contract ---------------------------------------------------------------------------------

@needs_contracts
@pytest.mark.parametrize("fields, param", [
    ({"currency": "brl"}, None),
    ({**CARD, "amount": "doze"}, "amount"),
    ({**CARD, "amount": "129.90"}, "amount"),
    ({**CARD, "colour": "blue"}, None),
    ({**CARD, "payment_method_data[type]": "bitcoin"}, "payment_method_data[type]"),
    ({**CARD, "payment_method_data[type]": "boleto", "payment_method_data[boleto][cpf]": "1"},
     "payment_method_data[boleto]"),
    ({**CARD, "confirm": "yes"}, "confirm"),
    ({**CARD, "payment_method_types": "pix"}, "payment_method_types"),
    ({**CARD, "description": ""}, "description"),
    ({**CARD, "metadata[order]": "x" * 501}, "metadata"),
])
def test_what_the_contract_does_not_allow_is_refused_and_noted(standin, stripe, fields, param):
    refused = error_of(stripe.post("/v1/payment_intents", fields))
    assert refused["type"] == "invalid_request_error"
    assert refused.get("param") == param, refused
    assert len(standin.refused) == 1 and standin.refused[0]["path"] == "/v1/payment_intents"
    assert standin.stripe.state["payment_intents"] == {}


@pytest.mark.parametrize("missing", ["Stripe-Version", "Idempotency-Key"])
def test_a_call_says_its_version_and_its_key(standin, stripe, missing):
    headers = {**stripe.headers, "Idempotency-Key": new_key()}
    headers.pop(missing)
    answer = requests.post(f"{standin.url}/v1/payment_intents", CARD, headers=headers, timeout=30)
    assert error_of(answer)["param"] == missing
    assert len(standin.refused) == 1


@needs_contracts
def test_paths_and_parameters_that_are_not_published_are_refused(standin, stripe):
    error_of(stripe.get("/v1/payment_intents", colour="blue"))
    error_of(stripe.get("/v1/unicorns"))
    error_of(stripe.get("/v1/events", **{"created[since]": "1"}))
    assert len(standin.refused) == 3


def test_keys_are_asked_for(standin):
    for key in ("", "pk_test_abcdefgh1234", "sk_test_x"):
        error_of(StripeClient(standin, key).get("/v1/payment_intents"), 401)
    standin.stripe.revoked.add("sk_test_abcdefgh1234")
    error_of(StripeClient(standin).get("/v1/payment_intents"), 401)


def test_live_objects_are_hidden_from_test_keys_in_stripes_words(standin, stripe):
    live = StripeClient(standin, "sk_live_abcdefgh1234")
    intent = live.begin()
    assert intent["livemode"] is True
    missing = error_of(stripe.get(f"/v1/payment_intents/{intent['id']}"), 404)
    assert missing["code"] == "resource_missing"
    assert missing["message"] == (
        f"No such payment_intent: '{intent['id']}'; a similar object exists in live mode, but a test"
        " mode key was used to make this request.")
    assert stripe.get("/v1/payment_intents").json()["data"] == []
    assert stripe.get("/v1/events").json()["data"] == []
    assert error_of(stripe.get("/v1/payment_intents/pi_x"), 404)["message"] == (
        "No such payment_intent: 'pi_x'")


# Ways to pay ----------------------------------------------------------------------------------

def test_a_pix_is_confirmed_at_once_and_paid_by_its_code(standin, stripe, told):
    intent = stripe.begin("pix", **{"payment_method_options[pix][expires_after_seconds]": "600",
                                    "metadata[payment]": "42"})
    assert (intent["status"], intent["latest_charge"]) == ("requires_action", None)
    code = intent["next_action"]["pix_display_qr_code"]
    assert re.fullmatch(r"000201.*5303986.*5406129\.90.*6304[0-9A-F]{4}", code["data"])
    assert 595 < code["expires_at"] - time.time() < 605
    assert requests.get(code["image_url_png"], timeout=30).content.startswith(b"\x89PNG")
    assert requests.get(code["image_url_svg"], timeout=30).status_code == 200
    paid = standin.stripe.pay(intent["id"])
    assert (paid["status"], paid["amount_received"], paid["next_action"]) == ("succeeded", 12990, None)
    charge = stripe.intent(intent["id"], "latest_charge.balance_transaction")["latest_charge"]
    assert charge["payment_method_details"]["type"] == "pix"
    assert charge["metadata"] == {"payment": "42"}
    transaction = charge["balance_transaction"]
    assert transaction["amount"] - transaction["fee"] == transaction["net"] == 12990 - 155
    assert types(standin, told) == ["payment_intent.created", "payment_intent.requires_action",
                           "charge.succeeded", "payment_intent.succeeded"]


@pytest.mark.parametrize("left_out", [*BOLETO])
def test_a_boleto_needs_a_payer_with_tax_id_and_address(standin, stripe, left_out):
    fields = {**CARD, "payment_method_types[]": "boleto", "confirm": "true", **BOLETO}
    del fields[left_out]
    refused = error_of(stripe.post("/v1/payment_intents", fields))
    assert refused["type"] == "invalid_request_error"
    assert standin.stripe.state["payment_intents"] == {}


def test_a_boleto_is_paid_days_later_or_expires(standin, stripe, told):
    paid, forgotten = stripe.begin("boleto"), stripe.begin("boleto")
    slip = paid["next_action"]["boleto_display_details"]
    assert re.fullmatch(r"0019\d\.\d{5} \d{5}\.\d{6} \d{5}\.\d{6} \d \d{4}0000012990", slip["number"])
    assert slip["hosted_voucher_url"].startswith(standin.url)
    assert standin.stripe.process(paid["id"])["status"] == "processing"
    assert standin.stripe.pay(paid["id"])["status"] == "succeeded"
    expired = standin.stripe.expire(forgotten["id"])
    assert expired["status"] == "requires_payment_method"
    assert expired["last_payment_error"]["code"] == "payment_intent_payment_attempt_expired"
    assert types(standin, told)[-1] == "payment_intent.payment_failed"


@pytest.mark.parametrize("kind", ["pix", "boleto"])
def test_only_cards_are_captured_by_hand(stripe, kind):
    fields = {**CARD, "payment_method_types[]": kind, "capture_method": "manual"}
    assert error_of(stripe.post("/v1/payment_intents", fields))["param"] == "capture_method"


def test_a_card_is_paid_declined_or_challenged_by_its_client_secret(standin, stripe, told):
    intent = stripe.begin()
    declined = standin.stripe.decline(intent["client_secret"], "insufficient_funds")
    assert declined["status"] == "requires_payment_method"
    assert declined["last_payment_error"]["decline_code"] == "insufficient_funds"
    assert stripe.get(f"/v1/charges/{declined['latest_charge']}").json()["paid"] is False
    challenged = standin.stripe.challenge(intent["id"])
    assert challenged["status"] == "requires_action"
    assert challenged["next_action"]["type"] == "redirect_to_url"
    failed = standin.stripe.decline(intent["id"], "authentication")
    assert failed["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert standin.stripe.pay(intent["id"])["status"] == "succeeded"
    assert types(standin, told) == [
        "payment_intent.created", "charge.failed", "payment_intent.payment_failed",
        "payment_intent.requires_action", "charge.failed", "payment_intent.payment_failed",
        "charge.succeeded", "payment_intent.succeeded"]
    with pytest.raises(ValueError):
        standin.stripe.pay(intent["id"])


@pytest.mark.parametrize("card, status, code", [
    ("pm_card_visa", "succeeded", None),
    ("pm_card_threeDSecure2Required", "requires_action", None),
    ("pm_card_visa_chargeDeclined", None, "card_declined"),
    ("pm_card_chargeDeclinedExpiredCard", None, "expired_card"),
])
def test_test_cards_do_what_stripe_says(stripe, card, status, code):
    answer = stripe.post("/v1/payment_intents", {
        **CARD, "confirm": "true", "payment_method": card, "return_url": "https://shop.example/"})
    if status:
        assert answer.json()["status"] == status
    else:
        refused = error_of(answer, 402)
        assert (refused["type"], refused["code"]) == ("card_error", code)
        assert refused["payment_intent"]["status"] == "requires_payment_method"


def test_a_held_card_is_captured_in_part_and_the_rest_let_go(standin, stripe, told):
    intent = stripe.paid(capture_method="manual")
    assert (intent["status"], intent["amount_capturable"]) == ("requires_capture", 12990)
    path = f"/v1/payment_intents/{intent['id']}/capture"
    assert error_of(stripe.post(path, {"amount_to_capture": 12991}))["code"] == "amount_too_large"
    captured = stripe.post(path, {"amount_to_capture": 10000}).json()
    assert (captured["status"], captured["amount_received"]) == ("succeeded", 10000)
    charge = stripe.intent(intent["id"], "latest_charge")["latest_charge"]
    assert (charge["amount_captured"], charge["amount_refunded"]) == (10000, 2990)
    assert error_of(stripe.post(path))["code"] == "payment_intent_unexpected_state"
    book = standin.stripe.books()[intent["id"]]
    assert (book["captured"], book["refunded"], book["held"]) == (10000, 0, 0)
    assert types(standin, told)[-3:] == [
        "charge.captured", "charge.refunded", "payment_intent.succeeded"]


def test_canceling_lets_a_held_amount_go_and_comes_too_late_for_a_paid_one(standin, stripe):
    held, paid = stripe.paid(capture_method="manual"), stripe.paid()
    canceled = stripe.post(f"/v1/payment_intents/{held['id']}/cancel", {
        "cancellation_reason": "requested_by_customer"}).json()
    assert (canceled["status"], canceled["amount_capturable"]) == ("canceled", 0)
    assert standin.stripe.books()[held["id"]]["refunded"] == 0
    late = error_of(stripe.post(f"/v1/payment_intents/{paid['id']}/cancel"))
    assert late["code"] == "payment_intent_unexpected_state"
    assert late["payment_intent"]["status"] == "succeeded"


# Keys -----------------------------------------------------------------------------------------

def test_a_key_replays_and_belongs_to_its_parameters(standin, stripe):
    first = stripe.post("/v1/payment_intents", CARD, "one")
    again = stripe.post("/v1/payment_intents", CARD, "one")
    assert again.json() == first.json() and "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    other = error_of(stripe.post("/v1/payment_intents", {**CARD, "amount": "100"}, "one"))
    assert other["type"] == "idempotency_error"
    assert len(standin.stripe.state["payment_intents"]) == 1


def test_a_refusal_is_replayed_too_but_not_what_the_contract_refused(stripe):
    declined = {**CARD, "confirm": "true", "payment_method": "pm_card_chargeDeclined"}
    first = stripe.post("/v1/payment_intents", declined, "one")
    again = stripe.post("/v1/payment_intents", declined, "one")
    assert error_of(first, 402) == error_of(again, 402)
    assert first.headers["Request-Id"] != again.headers["Request-Id"]
    assert again.headers["Idempotent-Replayed"] == "true"
    error_of(stripe.post("/v1/payment_intents", {"currency": "br"}, "two"))
    assert stripe.post("/v1/payment_intents", CARD, "two").status_code == 200


def test_a_key_whose_first_call_still_runs_is_409(standin, stripe):
    standin.misbehave("stripe", "create", "slow", seconds=1)
    answers = []
    first = threading.Thread(target=lambda: answers.append(
        stripe.post("/v1/payment_intents", CARD, "one")))
    first.start()
    time.sleep(0.3)
    assert error_of(stripe.post("/v1/payment_intents", CARD, "one"), 409)["code"] == (
        "idempotency_key_in_use")
    first.join()
    assert answers[0].status_code == 200


# Refunds and disputes -------------------------------------------------------------------------

def test_refunds_are_never_more_than_what_was_captured(standin, stripe):
    intent = stripe.paid("pix")
    assert stripe.refund(intent, amount=10000).json()["status"] == "succeeded"
    assert "is greater than unrefunded" in error_of(stripe.refund(intent, amount=2991))["message"]
    assert stripe.refund(intent).json()["amount"] == 2990
    assert error_of(stripe.refund(intent))["code"] == "charge_already_refunded"
    refunds = stripe.get("/v1/refunds", payment_intent=intent["id"]).json()["data"]
    assert [refund["amount"] for refund in refunds] == [2990, 10000]
    assert standin.stripe.books()[intent["id"]]["refunded"] == 12990
    assert error_of(stripe.refund(stripe.begin()))["param"] == "payment_intent"


def test_a_boleto_is_not_refundable(stripe):
    assert error_of(stripe.refund(stripe.paid("boleto")))["code"] == "charge_not_refundable"


def test_a_pending_refund_succeeds_or_fails_later(standin, stripe, told):
    intent = stripe.paid()
    standin.misbehave("stripe", "refund", "pending", times=2)
    good, bad = stripe.refund(intent, amount=1000).json(), stripe.refund(intent, amount=500).json()
    assert good["status"] == bad["status"] == "pending"
    standin.stripe.settle_refund(good["id"])
    failed = standin.stripe.settle_refund(bad["id"], "failed", "lost_or_stolen_card")
    assert failed["failure_reason"] == "lost_or_stolen_card"
    assert standin.stripe.books()[intent["id"]]["refunded"] == 1000
    assert stripe.intent(intent["id"], "latest_charge")["latest_charge"]["amount_refunded"] == 1000
    updates = [event["data"]["object"] for event in told_events(standin, told)
               if event["type"] == "charge.refund.updated"]
    assert [refund["status"] for refund in updates] == ["succeeded", "failed"]
    standin.misbehave("stripe", "refund", "fail")
    assert stripe.refund(intent).json()["status"] == "failed"
    standin.misbehave("stripe", "refund", "decline")
    assert error_of(stripe.refund(intent))["code"] == "balance_insufficient"


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_takes_the_money_until_it_is_won(standin, stripe, told, won):
    intent = stripe.paid()
    dispute = standin.stripe.dispute(intent["id"])
    assert dispute["amount"] == 12990
    assert standin.stripe.books()[intent["id"]]["disputed"] == 12990
    assert error_of(stripe.refund(intent))["code"] == "charge_disputed"
    listed = stripe.get("/v1/disputes", payment_intent=intent["id"]).json()["data"]
    assert [one["id"] for one in listed] == [dispute["id"]]
    assert stripe.get("/v1/disputes", payment_intent="pi_none").json()["data"] == []
    standin.stripe.update_dispute(dispute["id"])
    closed = standin.stripe.close_dispute(dispute["id"], won=won)
    assert closed["status"] == ("won" if won else "lost")
    assert standin.stripe.books()[intent["id"]]["disputed"] == (0 if won else 12990)
    assert [kind.partition("charge.dispute.")[2] for kind in types(standin, told)[3:]] == [
        "created", "funds_withdrawn", "updated", *(["funds_reinstated"] if won else []), "closed"]


# Events, lists and searches -------------------------------------------------------------------

def test_events_are_signed_and_listed_as_stripe_does(standin, stripe, told):
    intent = stripe.paid("pix")
    _, _, headers, body = told.requests[-1]
    at = int(re.match(r"t=(\d+),v1=[0-9a-f]{64}$", headers["Stripe-Signature"])[1])
    assert headers["Stripe-Signature"] == standin.stripe.signature(body, at)["Stripe-Signature"]
    event = json.loads(body)
    assert (event["object"], event["api_version"], event["livemode"]) == ("event", "2023-08-16", False)
    assert event["data"]["object"]["id"] == intent["id"]
    listed = stripe.get("/v1/events", type="payment_intent.*", limit=2).json()
    assert [one["type"] for one in listed["data"]] == ["payment_intent.succeeded",
                                                       "payment_intent.requires_action"]
    assert listed["has_more"]
    rest = stripe.get("/v1/events", starting_after=listed["data"][-1]["id"]).json()["data"]
    assert [one["type"] for one in rest] == ["payment_intent.created"]
    assert stripe.get(f"/v1/events/{event['id']}").json()["pending_webhooks"] == 0
    assert event["request"] == {"id": None, "idempotency_key": None}  # the buyer did it


@needs_contracts
def test_signatures_are_those_of_stripes_own_client(standin):
    with open(os.path.join(gateways.CONTRACTS, "stripe-webhook-vectors.json"),
              encoding="utf-8") as file:
        vectors = json.load(file)
    told = 0
    for vector in vectors["vectors"]:
        plain = re.fullmatch(r"t=(\d+),v1=[0-9a-f]{64}", vector["header"])
        if plain and vector["valid"]:
            made = standin.stripe.signature(vector["payload"].encode(), int(plain[1]),
                                            [vectors["secret"]])
            assert made["Stripe-Signature"] == vector["header"], vector["name"]
            told += 1
    assert told >= 5


@needs_contracts
def test_what_events_carry_keeps_the_contract(standin, stripe):
    for kind in ("card", "pix", "boleto"):
        stripe.paid(kind)
    standin.stripe.decline(stripe.begin()["id"])
    standin.stripe.expire(stripe.begin("pix")["id"])
    intent = stripe.paid(capture_method="manual")
    stripe.post(f"/v1/payment_intents/{intent['id']}/cancel")
    refunded = stripe.paid()
    standin.stripe.settle_refund(stripe.refund(refunded).json()["id"], "failed")
    [contract], seen = standin.stripe.contracts, set()
    for event in standin.stripe.outbox.events:
        document = event["data"]["object"]
        assert contract.object_faults("event", event) == []
        assert contract.object_faults(document["object"], document) == [], event["type"]
        seen.add(document["object"])
    assert seen == {"payment_intent", "charge", "refund"}


def test_documents_are_expanded_where_they_can_be(stripe):
    intent = stripe.paid()
    stripe.refund(intent, amount=100)
    charge = stripe.intent(intent["id"], "latest_charge.refunds")["latest_charge"]
    assert [refund["amount"] for refund in charge["refunds"]["data"]] == [100]
    listed = stripe.get("/v1/payment_intents", **{"expand[]": "data.latest_charge"}).json()["data"]
    assert listed[0]["latest_charge"]["id"] == charge["id"]
    source = stripe.get("/v1/balance_transactions", source=charge["id"]).json()["data"]
    assert [one["amount"] for one in source] == [12990]
    for unknown in ("amount", "latest_charge.amount", "colour"):
        error_of(stripe.get(f"/v1/payment_intents/{intent['id']}", **{"expand[]": unknown}))


def test_searches_find_by_metadata_when_stripe_has_got_round_to_it(standin, stripe):
    intent = stripe.begin("pix", **{"metadata[payment]": "a-1"})
    stripe.begin("pix", **{"metadata[payment]": "a-2"})

    def found(query):
        answer = stripe.get("/v1/payment_intents/search", query=query)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["data"]]
    assert found("metadata['payment']:'a-1'") == [intent["id"]]
    assert found('metadata["payment"]:"a-1" AND status:"succeeded"') == []
    assert len(found("amount>100 AND currency:'brl'")) == 2
    standin.stripe.search_delay = 60
    assert found("metadata['payment']:'a-1'") == []
    error_of(stripe.get("/v1/payment_intents/search", query="payment=1"))
