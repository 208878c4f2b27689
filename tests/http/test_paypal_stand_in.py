"""The stand-in for PayPal by itself: it keeps the published contracts, and refuses what PayPal does."""
import base64
import json
import os
import threading
import time
import zlib

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

import gateway_paypal_signing
import gateways
from gateway_client import needs_contracts, paypal, running, standin, told, told_events

__all__ = ["paypal", "running", "standin", "told"]


def issue_of(answer, status=422):
    assert answer.status_code == status, answer.text
    return answer.json()["details"][0]["issue"]


def types(standin, told):
    return [event["event_type"] for event in told_events(standin, told)]


def links(document):
    return {link["rel"]: link["href"] for link in document["links"]}


# Contracts and tokens -------------------------------------------------------------------------

@needs_contracts
@pytest.mark.parametrize("change, issue, field", [
    ({"purchase_units": None}, "MISSING_REQUIRED_PARAMETER", ""),
    ({"purchase_units": []}, "INVALID_ARRAY_MIN_ITEMS", "/purchase_units"),
    ({"intent": "SALE"}, "INVALID_PARAMETER_VALUE", "/intent"),
    ({"colour": "blue"}, "INVALID_PARAMETER_VALUE", ""),
    ({"purchase_units": [{"amount": {"currency_code": "BRL", "value": "129,90"}}]},
     "INVALID_PARAMETER_SYNTAX", "/purchase_units/0/amount/value"),
    ({"purchase_units": [{"amount": {"currency_code": "BRL", "value": 129.9}}]},
     "INVALID_PARAMETER_VALUE", "/purchase_units/0/amount/value"),
    ({"purchase_units": [{"amount": {"currency_code": "BRL", "value": "1.00"}, "sku": "1"}]},
     "INVALID_PARAMETER_VALUE", "/purchase_units/0"),
])
def test_what_the_contract_does_not_allow_is_refused_and_noted(standin, paypal, change, issue, field):
    body = {name: value for name, value in {**paypal.order(), **change}.items() if value is not None}
    answer = paypal.post("/v2/checkout/orders", body)
    assert issue_of(answer, 400) == issue
    assert answer.json()["details"][0]["field"] == field
    assert len(standin.refused) == 1 and standin.paypal.state["orders"] == {}


@needs_contracts
def test_paths_and_bodies_that_are_not_published_are_refused(standin, paypal):
    assert paypal.get("/v2/checkout/unicorns").status_code == 400
    answer = requests.post(f"{standin.url}/v2/checkout/orders", "{", timeout=30, headers=paypal.headers(
        **{"Content-Type": "application/json", "PayPal-Request-Id": "x"}))
    assert issue_of(answer, 400) == "MALFORMED_REQUEST_JSON"
    assert len(standin.refused) == 2


@pytest.mark.parametrize("headers, status", [
    ({"PayPal-Request-Id": None}, 400), ({"Content-Type": "text/plain"}, 415)])
def test_what_moves_money_needs_a_key_and_is_json(standin, paypal, headers, status):
    order = paypal.approved()
    for path in ("", f"/{order['id']}/capture"):
        answer = paypal.post(f"/v2/checkout/orders{path}", paypal.order(), **headers)
        assert answer.status_code == status, answer.text
    assert len(standin.refused) == 2


def test_tokens_are_for_who_knows_the_secret_and_for_a_while(standin, paypal):
    assert paypal.sign_in(("standin-client", "wrong")).status_code == 401
    assert paypal.sign_in(grant_type="password").status_code == 400
    standin.misbehave("paypal", "token", "decline")
    assert paypal.sign_in().status_code == 401
    given = paypal.sign_in().json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 32400)
    order = paypal.begin()
    path = f"/v2/checkout/orders/{order['id']}"
    assert paypal.get(path).status_code == 200
    standin.paypal.expire_tokens()
    assert paypal.get(path).json()["name"] == "AUTHENTICATION_FAILURE"
    standin.paypal.token_lifetime, paypal.token = 1, None
    assert paypal.get(path).status_code == 200
    time.sleep(1.1)
    assert paypal.get(path).status_code == 401
    assert requests.get(standin.url + path, timeout=30).status_code == 401


# Orders ---------------------------------------------------------------------------------------

def test_an_order_is_approved_and_captured(standin, paypal, told):
    order = paypal.begin(custom_id="42", invoice_id="A-1", description="Pedido 42")
    assert sorted(order) == ["id", "links", "status"]
    assert order["status"] == "PAYER_ACTION_REQUIRED"
    assert links(order)["payer-action"] == f"{standin.url}/pay/paypal/{order['id']}"
    assert issue_of(paypal.capture(order)) == "ORDER_NOT_APPROVED"
    standin.paypal.approve(order["id"])
    shown = paypal.get(f"/v2/checkout/orders/{order['id']}").json()
    assert (shown["status"], shown["payer"]["email_address"]) == ("APPROVED", "ana@example.com")
    captured = paypal.capture(order)
    assert (captured.status_code, captured.json()["status"]) == (201, "COMPLETED")
    [capture] = captured.json()["purchase_units"][0]["payments"]["captures"]
    assert (capture["status"], capture["custom_id"]) == ("COMPLETED", "42")
    assert capture["seller_receivable_breakdown"] == {
        "gross_amount": {"currency_code": "BRL", "value": "129.90"},
        "paypal_fee": {"currency_code": "BRL", "value": "6.82"},
        "net_amount": {"currency_code": "BRL", "value": "123.08"}}
    alone = paypal.get(f"/v2/payments/captures/{capture['id']}").json()
    assert alone["supplementary_data"]["related_ids"] == {"order_id": order["id"]}
    assert issue_of(paypal.capture(order)) == "ORDER_ALREADY_CAPTURED"
    assert types(standin, told) == ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"]
    assert standin.paypal.books()[order["id"]]["net"] == 12308


def test_the_old_way_of_asking_has_an_approve_link(standin, paypal):
    body = paypal.order()
    body["application_context"] = body.pop("payment_source")["paypal"]["experience_context"]
    order = paypal.post("/v2/checkout/orders", body).json()
    assert order["status"] == "CREATED" and "approve" in links(order)
    whole = paypal.post("/v2/checkout/orders", body, Prefer="return=representation").json()
    assert whole["purchase_units"][0]["amount"]["value"] == "129.90"
    assert standin.refused == []


def money(value):
    return {"currency_code": "BRL", "value": value}


@pytest.mark.parametrize("unit, issue", [
    ({"amount": money("0.00")}, "CANNOT_BE_ZERO_OR_NEGATIVE"),
    ({"amount": money("-1.00")}, "CANNOT_BE_ZERO_OR_NEGATIVE"),
    ({"amount": money("1.005")}, "DECIMAL_PRECISION"),
    ({"amount": {"currency_code": "XXX", "value": "1.00"}}, "INVALID_CURRENCY_CODE"),
    ({"amount": {**money("10.00"), "breakdown": {
        "item_total": money("10.00"), "shipping": money("1.00")}}}, "AMOUNT_MISMATCH"),
    ({"amount": money("1.00"), "items": [
        {"name": "Caneca", "quantity": "1", "unit_amount": money("1.00")}]}, "ITEM_TOTAL_REQUIRED"),
    ({"amount": {**money("1.00"), "breakdown": {"item_total": money("1.00")}}, "items": [
        {"name": "Caneca", "quantity": "2", "unit_amount": money("1.00")}]}, "ITEM_TOTAL_MISMATCH"),
])
def test_amounts_have_to_add_up(paypal, unit, issue):
    answer = paypal.post("/v2/checkout/orders", {"intent": "CAPTURE", "purchase_units": [unit]})
    assert issue_of(answer) == issue


def test_a_discount_lowers_the_amount(paypal):
    breakdown = {"item_total": money("20.00"), "shipping": money("15.50"), "discount": money("5.50")}
    paypal.begin(amount={**money("30.00"), "breakdown": breakdown}, items=[
        {"name": "Caneca", "quantity": "2", "unit_amount": money("10.00")}])


def test_a_key_gives_what_it_made_as_it_is_by_now(standin, paypal):
    body = paypal.order()
    first = paypal.post("/v2/checkout/orders", body, "one")
    standin.paypal.approve(first.json()["id"])
    again = paypal.post("/v2/checkout/orders", body, "one")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["status"] == "APPROVED"
    captured = paypal.capture(first.json(), "two")
    replayed = paypal.capture(first.json(), "two")
    assert replayed.status_code == 200 and replayed.json() == captured.json()
    refund = paypal.refund(captured.json()["purchase_units"][0]["payments"]["captures"][0], key="three")
    assert paypal.refund(
        captured.json()["purchase_units"][0]["payments"]["captures"][0], key="three").json() == (
            refund.json())
    assert len(standin.paypal.state["refunds"]) == 1
    assert standin.refused == []
    assert paypal.post("/v2/checkout/orders", paypal.order("1.00"), "one").status_code == 400
    assert len(standin.refused) == 1


def test_a_key_whose_first_call_still_runs_is_409_and_one_that_failed_is_tried_again(standin, paypal):
    order = paypal.approved()
    standin.misbehave("paypal", "capture", "slow", seconds=1)
    thread = threading.Thread(target=lambda: paypal.capture(order, "one"))
    thread.start()
    time.sleep(0.3)
    assert issue_of(paypal.capture(order, "one"), 409) == "PREVIOUS_REQUEST_IN_PROGRESS"
    thread.join()
    assert paypal.capture(order, "one").status_code == 200
    late = paypal.begin()
    assert issue_of(paypal.capture(late, "two")) == "ORDER_NOT_APPROVED"
    standin.paypal.approve(late["id"])
    assert paypal.capture(late, "two").status_code == 201


def test_a_capture_is_declined_denied_or_pending(standin, paypal, told):
    order = paypal.approved()
    standin.misbehave("paypal", "capture", "decline")
    declined = paypal.capture(order)
    assert issue_of(declined) == "INSTRUMENT_DECLINED" and "redirect" in links(declined.json())
    standin.paypal.approve(order["id"])
    standin.misbehave("paypal", "capture", "pending")
    [pending] = paypal.capture(order).json()["purchase_units"][0]["payments"]["captures"]
    assert (pending["status"], pending["status_details"]) == ("PENDING", {"reason": "PENDING_REVIEW"})
    assert standin.paypal.books()[order["id"]]["captured"] == 0
    assert issue_of(paypal.refund(pending)) == "PENDING_CAPTURE"
    assert standin.paypal.settle_capture(order["id"])["status"] == "COMPLETED"
    other = paypal.approved()
    standin.misbehave("paypal", "capture", "fail")
    [denied] = paypal.capture(other).json()["purchase_units"][0]["payments"]["captures"]
    assert denied["status"] == "DECLINED"
    assert [kind for kind in types(standin, told) if kind.startswith("PAYMENT")] == [
        "PAYMENT.CAPTURE.PENDING", "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.DENIED"]


def test_an_invoice_is_paid_once(paypal):
    paypal.paid(invoice_id="A-1")
    assert issue_of(paypal.capture(paypal.approved(invoice_id="A-1"))) == "DUPLICATE_INVOICE_ID"


def test_an_order_that_expired_is_gone(standin, paypal):
    order = paypal.begin()
    standin.paypal.expire(order["id"])
    answer = paypal.get(f"/v2/checkout/orders/{order['id']}")
    assert (answer.status_code, answer.json()["name"]) == (404, "RESOURCE_NOT_FOUND")


# Authorizations, refunds, disputes ------------------------------------------------------------

def authorized(paypal):
    order = paypal.approved(intent="AUTHORIZE")
    assert issue_of(paypal.capture(order)) == "ACTION_DOES_NOT_MATCH_INTENT"
    answer = paypal.post(f"/v2/checkout/orders/{order['id']}/authorize")
    assert answer.status_code == 201, answer.text
    [one] = answer.json()["purchase_units"][0]["payments"]["authorizations"]
    return f"/v2/payments/authorizations/{one['id']}", order


def test_an_authorization_is_captured_in_parts(standin, paypal, told):
    path, order = authorized(paypal)
    assert standin.paypal.books()[order["id"]]["held"] == 12990
    first = paypal.post(f"{path}/capture", {"amount": money("100.00")})
    assert sorted(first.json()) == ["id", "links", "status"]
    assert paypal.get(path).json()["status"] == "PARTIALLY_CAPTURED"
    assert issue_of(paypal.post(f"{path}/capture", {"amount": money("100.00")})) == (
        "MAX_CAPTURE_AMOUNT_EXCEEDED")
    rest = paypal.post(f"{path}/capture", {"final_capture": True}, Prefer="return=representation")
    assert rest.json()["amount"]["value"] == "29.90"
    assert rest.json()["supplementary_data"]["related_ids"]["authorization_id"] in path
    assert issue_of(paypal.post(f"{path}/capture")) == "AUTHORIZATION_ALREADY_CAPTURED"
    assert issue_of(paypal.void(path)) == "PREVIOUSLY_CAPTURED"
    assert types(standin, told) == ["CHECKOUT.ORDER.APPROVED", "PAYMENT.AUTHORIZATION.CREATED",
                           "PAYMENT.CAPTURE.COMPLETED", "PAYMENT.CAPTURE.COMPLETED"]


def test_an_authorization_is_voided(standin, paypal, told):
    path, _ = authorized(paypal)
    voided = paypal.void(path)
    assert (voided.status_code, voided.content) == (204, b"")
    assert paypal.get(path).json()["status"] == "VOIDED"
    assert issue_of(paypal.void(path)) == "PREVIOUSLY_VOIDED"
    assert issue_of(paypal.post(f"{path}/capture")) == "AUTHORIZATION_VOIDED"
    path, _ = authorized(paypal)
    whole = paypal.void(path, Prefer="return=representation")
    assert (whole.status_code, whole.json()["status"]) == (200, "VOIDED")
    assert types(standin, told)[-1] == "PAYMENT.AUTHORIZATION.VOIDED"


def test_refunds_are_never_more_than_what_was_captured(standin, paypal, told):
    capture = paypal.paid()
    part = paypal.refund(capture, {"amount": money("100.00"), "note_to_payer": "Defeito"},
                         Prefer="return=representation").json()
    assert part["seller_payable_breakdown"]["total_refunded_amount"] == money("100.00")
    path = f"/v2/payments/captures/{capture['id']}"
    assert paypal.get(path).json()["status"] == "PARTIALLY_REFUNDED"
    assert issue_of(paypal.refund(capture, {"amount": money("29.91")})) == "REFUND_AMOUNT_EXCEEDED"
    rest = paypal.refund(capture).json()
    assert paypal.get(f"/v2/payments/refunds/{rest['id']}").json()["amount"] == money("29.90")
    assert paypal.get(path).json()["status"] == "REFUNDED"
    assert issue_of(paypal.refund(capture)) == "CAPTURE_FULLY_REFUNDED"
    [book] = standin.paypal.books().values()
    assert (book["captured"], book["refunded"], book["net"]) == (12990, 12990, -book["fees"])
    assert types(standin, told)[-2:] == ["PAYMENT.CAPTURE.REFUNDED"] * 2


def test_a_pending_refund_completes_or_fails_later(standin, paypal, told):
    capture = paypal.paid()
    standin.misbehave("paypal", "refund", "pending", times=2)
    good, bad = (paypal.refund(capture, {"amount": money("10.00")}).json() for _ in range(2))
    assert good["status"] == "PENDING"
    standin.paypal.settle_refund(good["id"])
    standin.paypal.settle_refund(bad["id"], "FAILED")
    assert [book["refunded"] for book in standin.paypal.books().values()] == [1000]
    standin.misbehave("paypal", "refund", "decline")
    assert issue_of(paypal.refund(capture)) == "REFUND_FAILED_INSUFFICIENT_FUNDS"
    assert types(standin, told)[2:] == ["PAYMENT.REFUND.PENDING", "PAYMENT.REFUND.PENDING",
                               "PAYMENT.CAPTURE.REFUNDED", "PAYMENT.REFUND.FAILED"]


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_that_is_lost_takes_the_money_back(standin, paypal, told, won):
    capture = paypal.paid(custom_id="42")
    dispute = standin.paypal.dispute(capture["id"])
    assert dispute["disputed_transactions"][0]["custom"] == "42"
    assert issue_of(paypal.refund(capture, {"amount": money("1.00")})) == "TRANSACTION_DISPUTED"
    standin.paypal.update_dispute(dispute["dispute_id"])
    standin.paypal.close_dispute(dispute["dispute_id"], won=won)
    shown = paypal.get(f"/v1/customer/disputes/{dispute['dispute_id']}").json()
    assert shown["dispute_outcome"]["outcome_code"] == (
        "RESOLVED_SELLER_FAVOUR" if won else "RESOLVED_BUYER_FAVOUR")
    [listed] = paypal.get("/v1/customer/disputes",
                          disputed_transaction_id=capture["id"]).json()["items"]
    assert listed["status"] == "RESOLVED"
    [book] = standin.paypal.books().values()
    assert book["disputed"] == (0 if won else 12990)
    assert types(standin, told)[2:] == [
        "CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED",
        *([] if won else ["PAYMENT.CAPTURE.REVERSED"]), "CUSTOMER.DISPUTE.RESOLVED"]


# Notifications --------------------------------------------------------------------------------

def check_chain(pem, authority):
    """The first certificate of a chain that ends in an authority, as a shop checks it."""
    chain = [x509.load_pem_x509_certificate(b"-----BEGIN" + part)
             for part in pem.split(b"-----BEGIN")[1:]]
    for below, above in zip(chain, [*chain[1:], authority]):
        above.public_key().verify(below.signature, below.tbs_certificate_bytes, padding.PKCS1v15(),
                                  below.signature_hash_algorithm)
        assert below.issuer == above.subject
    return chain[0]


def test_notifications_are_signed_by_a_chain_that_ends_in_the_shown_authority(standin, paypal, told):
    paypal.paid(description="Açaí")
    standin.wait()
    _, _, headers, body = told.requests[-1]
    headers = {name.upper(): value for name, value in headers.items()}
    assert headers["PAYPAL-CERT-URL"].startswith(f"{standin.url}/v1/notifications/certs/CERT-")
    with open(standin.ca_file, "rb") as file:
        authority = x509.load_pem_x509_certificate(file.read())
    leaf = check_chain(requests.get(headers["PAYPAL-CERT-URL"], timeout=30).content, authority)
    signed = "|".join([headers["PAYPAL-TRANSMISSION-ID"], headers["PAYPAL-TRANSMISSION-TIME"],
                       standin.paypal.webhook_id, str(zlib.crc32(body))])
    leaf.public_key().verify(base64.b64decode(headers["PAYPAL-TRANSMISSION-SIG"]), signed.encode(),
                             padding.PKCS1v15(), hashes.SHA256())
    assert headers["PAYPAL-AUTH-ALGO"] == "SHA256withRSA"


@needs_contracts
def test_what_is_signed_is_what_the_vectors_say():
    with open(os.path.join(gateways.CONTRACTS, "paypal-webhook-vectors.json"),
              encoding="utf-8") as file:
        vectors = [one for one in json.load(file)["vectors"] if one["expected"] == "accept"]
    assert vectors
    for vector in vectors:
        headers = vector["headers"]
        assert gateway_paypal_signing.signed_text(
            headers["PAYPAL-TRANSMISSION-ID"], headers["PAYPAL-TRANSMISSION-TIME"],
            vector["webhook_id"], vector["body"].encode()) == vector["signed_string"].encode()


def test_paypal_itself_says_whether_a_notification_is_its_own(standin, paypal, told):
    paypal.paid()
    standin.wait()
    _, _, headers, body = told.requests[-1]
    headers = {name.upper(): value for name, value in headers.items()}
    fields = {"auth_algo": headers["PAYPAL-AUTH-ALGO"], "cert_url": headers["PAYPAL-CERT-URL"],
              "transmission_id": headers["PAYPAL-TRANSMISSION-ID"],
              "transmission_sig": headers["PAYPAL-TRANSMISSION-SIG"],
              "transmission_time": headers["PAYPAL-TRANSMISSION-TIME"],
              "webhook_id": standin.paypal.webhook_id}

    def said(event, **changed):
        text = json.dumps({**fields, **changed})[:-1].encode() + b', "webhook_event": ' + event + b"}"
        answer = requests.post(f"{standin.url}/v1/notifications/verify-webhook-signature", text,
                               headers=paypal.headers(**{"Content-Type": "application/json"}),
                               timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["verification_status"]
    assert said(body) == "SUCCESS"
    assert said(json.dumps(json.loads(body), indent=1).encode()) == "FAILURE"
    assert said(body, webhook_id="OTHER") == "FAILURE"
    assert said(body, cert_url="https://evil.example/cert") == "FAILURE"
    assert standin.refused == []


@needs_contracts
def test_events_that_were_lost_can_be_listed(standin, paypal, told):
    standin.paypal.outbox.set_mode("dropped")
    capture = paypal.paid()
    assert told.requests == []
    listed = paypal.get("/v1/notifications/webhooks-events", page_size=1).json()
    assert [event["event_type"] for event in listed["events"]] == ["PAYMENT.CAPTURE.COMPLETED"]
    assert listed["events"][0]["resource"]["id"] == capture["id"]
    found = paypal.get("/v1/notifications/webhooks-events", event_type="CHECKOUT.ORDER.APPROVED")
    assert found.json()["count"] == 1
    assert standin.refused == []


@needs_contracts
def test_what_notifications_carry_keeps_the_contract(standin, paypal):
    capture = paypal.paid(custom_id="42", invoice_id="A-1")
    paypal.refund(capture, {"amount": money("1.00")})
    standin.paypal.reverse(capture["id"])
    authorized(paypal)
    orders, payments, notes = standin.paypal.contracts
    schemas = {"checkout-order": (orders, "order"), "capture": (payments, "capture-2"),
               "refund": (payments, "refund"), "authorization": (payments, "authorization-2")}
    for event in standin.paypal.outbox.events:
        contract, name = schemas[event["resource_type"]]
        assert notes.object_faults("event", event) == []
        assert contract.object_faults(name, event["resource"]) == [], event["event_type"]
