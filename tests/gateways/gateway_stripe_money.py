"""What money does at Stripe: payments that a buyer's bank allows or not, captures, refunds and
disputes, with the events and balance transactions that they make; and what happens there without
the shop (the actions). Amounts are centavos."""
import json

import gateway_stripe_shapes as shapes
from gateway_common import Gateway, action

PAYABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "processing")


class StripeMoney(Gateway):
    name, request_id = "stripe", "Request-Id"
    tables = ("payment_intents", "charges", "refunds", "balance_transactions", "payment_methods",
              "disputes", "return_urls")

    def __init__(self, outbox):
        self.cause = (None, None)  # of the events: the request's id and its key
        super().__init__(outbox)

    def emit(self, kind, document, live=None):
        event = shapes.event(kind, json.loads(json.dumps(document)),
                             document["livemode"] if live is None else live, *self.cause,
                             1 if self.outbox.url else 0)
        self.outbox.add(event)

    def put(self, table, document):
        self.state[table][document["id"]] = document
        return document

    def book(self, source, kind, amount, fee, description):
        return self.put("balance_transactions", shapes.balance_transaction(
            source, kind, amount, fee, description))

    # Payments

    def method_of(self, intent, kind=None):
        """What is paid with: what the intent has, or a new one."""
        method = self.state["payment_methods"].get(intent["payment_method"])
        if method is None or kind not in (None, method["type"]):
            method = self.put("payment_methods", shapes.payment_method(
                intent["livemode"], kind or intent["payment_method_types"][0]))
        return method

    def ask_buyer(self, intent, method, expires_at):
        """A code or a voucher is made out; what the buyer does then comes as an action."""
        place = f"{self.url}/pay/{method['type']}/{intent['id']}"
        if method["type"] == "pix":
            details = {"data": shapes.pix_code(intent["amount"], place), "expires_at": expires_at,
                       "hosted_instructions_url": place, "image_url_png": f"{place}.png",
                       "image_url_svg": f"{place}.svg"}
            intent["next_action"] = {"type": "pix_display_qr_code", "pix_display_qr_code": details}
        elif method["type"] == "boleto":
            details = {"expires_at": expires_at, "hosted_voucher_url": place, "pdf": f"{place}.pdf",
                       "number": shapes.boleto_number(intent["amount"], expires_at)}
            intent["next_action"] = {"type": "boleto_display_details",
                                     "boleto_display_details": details}
        else:
            intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": {
                "url": f"{self.url}/pay/card/{intent['client_secret']}",
                "return_url": self.state["return_urls"].get(intent["id"])}}
        intent.update(status="requires_action", payment_method=method["id"],
                      last_payment_error=None)
        self.emit("payment_intent.requires_action", intent)

    def allow(self, intent, method):
        """The buyer's bank pays, or holds the amount for a capture."""
        charge = self.put("charges", shapes.charge(intent, method))
        intent.update(latest_charge=charge["id"], payment_method=method["id"], next_action=None,
                      last_payment_error=None)
        options = intent["payment_method_options"].get(method["type"], {})
        if "manual" in (intent["capture_method"], options.get("capture_method")):
            intent.update(status="requires_capture", amount_capturable=intent["amount"])
            self.emit("charge.succeeded", charge)
            self.emit("payment_intent.amount_capturable_updated", intent)
        else:
            self.take(intent, charge, intent["amount"])
            self.emit("charge.succeeded", charge)
            self.emit("payment_intent.succeeded", intent)

    def take(self, intent, charge, amount):
        method = charge["payment_method_details"]["type"]
        transaction = self.book(charge, "charge" if method == "card" else "payment", amount,
                                shapes.fee_of(method, amount), charge["description"])
        charge.update(captured=True, amount_captured=amount, balance_transaction=transaction["id"])
        intent.update(status="succeeded", amount_received=amount, amount_capturable=0)

    def refuse_payment(self, intent, method, code, message, decline_code=None):
        """The buyer's bank does not pay: the intent waits for another method."""
        failure = {"code": code, "message": message, "payment_method": method,
                   "type": "card_error" if method["type"] == "card" else "invalid_request_error",
                   "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"}
        if method["type"] == "card":
            charge = self.put("charges", shapes.charge(intent, method))
            charge.update(status="failed", paid=False, failure_code=code, failure_message=message)
            charge["outcome"].update(network_status="declined_by_network", reason=decline_code,
                                     seller_message="The bank declined.", type="issuer_declined")
            intent["latest_charge"] = failure["charge"] = charge["id"]
            failure["decline_code"] = decline_code or "generic_decline"
            self.emit("charge.failed", charge)
        intent.update(status="requires_payment_method", payment_method=None, next_action=None,
                      last_payment_error=failure)
        self.emit("payment_intent.payment_failed", intent)
        return failure

    def end(self, intent, reason):
        """Canceled. What was held goes back, which Stripe calls a refund, though no money moved."""
        charge = self.state["charges"].get(intent["latest_charge"])
        if intent["status"] == "requires_capture":
            self.release(charge, charge["amount"])
        intent.update(status="canceled", canceled_at=shapes.now(), cancellation_reason=reason,
                      amount_capturable=0, next_action=None)
        self.emit("payment_intent.canceled", intent)

    def release(self, charge, amount):
        self.put("refunds", shapes.refund(charge, amount, "succeeded"))
        self.count_refund(charge, amount)
        self.emit("charge.refunded", charge)

    @staticmethod
    def count_refund(charge, amount):
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]

    def give_back(self, charge, amount, outcome, fields):
        """A refund of captured money. outcome: "pending" and "fail" do not succeed at once."""
        status = {"pending": "pending", "fail": "failed"}.get(outcome, "succeeded")
        refund = self.put("refunds", shapes.refund(charge, amount, "pending", fields))
        kind = "refund" if charge["payment_method_details"]["type"] == "card" else "payment_refund"
        refund["balance_transaction"] = self.book(refund, kind, -amount, 0, "REFUND")["id"]
        self.count_refund(charge, amount)
        refund["status"] = "pending" if status == "pending" else "succeeded"
        self.emit("charge.refunded", charge)
        self.emit("refund.created", refund, charge["livemode"])
        if status == "failed":
            self.refund_fails(refund, charge, "lost_or_stolen_card")
        return refund

    def refund_fails(self, refund, charge, reason):
        back = self.book(refund, "refund_failure", refund["amount"], 0, "REFUND FAILED")
        refund.update(status="failed", failure_reason=reason,
                      failure_balance_transaction=back["id"])
        self.count_refund(charge, -refund["amount"])
        for kind in ("charge.refund.updated", "refund.updated", "refund.failed"):
            self.emit(kind, refund, charge["livemode"])

    # Actions

    def known(self, table, name):
        if name not in self.state[table]:
            raise ValueError(f"no such object in {table}: {name}")
        return self.state[table][name]

    def payable(self, intent_id):
        """An intent by its id or its client secret, where it can still be paid."""
        intent = self.known("payment_intents", intent_id.partition("_secret_")[0])
        if intent["status"] not in PAYABLE:
            raise ValueError(f"{intent['id']} is {intent['status']}")
        return intent

    @action
    def pay(self, intent_id, method=None):
        """The buyer pays: his card (with or without having been challenged), the Pix, the boleto.
        method: which, where the intent leaves a choice."""
        intent = self.payable(intent_id)
        paid_with = self.method_of(intent, method)
        if paid_with["type"] != "card" and intent["status"] == "requires_payment_method":
            raise ValueError(f"{intent['id']} was not confirmed: the buyer has nothing to pay")
        self.allow(intent, paid_with)
        return intent

    @action
    def decline(self, intent_id, decline_code="generic_decline"):
        """The card is declined; "authentication": the buyer fails 3-D Secure. What is not a card
        fails at its provider."""
        intent = self.payable(intent_id)
        method = self.method_of(intent)
        if method["type"] != "card":
            self.refuse_payment(intent, method, "payment_intent_payment_attempt_failed",
                                "The payment failed.")
        elif decline_code == "authentication":
            self.refuse_payment(
                intent, method, "payment_intent_authentication_failure",
                "The provided PaymentMethod has failed authentication. You can provide"
                " payment_method_data or a new PaymentMethod to attempt to fulfill this"
                " PaymentIntent again.")
        else:
            self.refuse_payment(intent, method, *shapes.decline(decline_code))
        return intent

    @action
    def challenge(self, intent_id):
        """The buyer gave his card, and his bank asks him to prove who he is (3-D Secure): then he
        pays, or is declined."""
        intent = self.payable(intent_id)
        self.ask_buyer(intent, self.method_of(intent, "card"), None)
        return intent

    @action
    def process(self, intent_id):
        """The boleto is paid and the money on its way."""
        intent = self.payable(intent_id)
        intent.update(status="processing", next_action=None)
        self.emit("payment_intent.processing", intent)
        return intent

    @action
    def expire(self, intent_id):
        """Time runs out for a Pix, a boleto, or a capture."""
        intent = self.known("payment_intents", intent_id)
        if intent["status"] == "requires_capture":
            charge = self.state["charges"][intent["latest_charge"]]
            self.end(intent, "automatic")
            self.emit("charge.expired", charge)
            return intent
        self.refuse_payment(
            self.payable(intent_id), self.method_of(intent),
            "payment_intent_payment_attempt_expired",
            "The latest payment attempt for the PaymentIntent has expired. Check the"
            " `last_payment_error` property on the PaymentIntent for more details, and provide a"
            " new payment method to attempt to fulfill this PaymentIntent again.")
        return intent

    @action
    def settle_refund(self, refund_id, status="succeeded", reason="expired_or_canceled_card"):
        """A pending refund succeeds or fails; one that had succeeded can fail as well."""
        refund = self.known("refunds", refund_id)
        charge = self.state["charges"][refund["charge"]]
        if status not in ("succeeded", "failed") or refund["status"] in ("failed", status):
            raise ValueError(f"{refund_id} is {refund['status']}, it cannot be {status}")
        if status == "failed":
            self.refund_fails(refund, charge, reason)
        else:
            refund["status"] = status
            for kind in ("charge.refund.updated", "refund.updated"):
                self.emit(kind, refund, charge["livemode"])
        return refund

    @action
    def refund_from_dashboard(self, intent_id, amount=None, outcome=None):
        """Staff refunds at Stripe's own pages, past the shop."""
        intent = self.known("payment_intents", intent_id)
        charge = self.state["charges"][intent["latest_charge"]]
        left = charge["amount_captured"] - self.refunded(charge)
        return self.give_back(charge, left if amount is None else amount, outcome, {})

    @action
    def dispute(self, intent_id, amount=None, reason="fraudulent", inquiry=False):
        """The buyer disputes the payment at his bank, which takes the money back at once; not for an
        inquiry."""
        intent = self.known("payment_intents", intent_id)
        charge = self.state["charges"][intent["latest_charge"]]
        left = charge["amount_captured"] - self.refunded(charge)
        dispute = self.put("disputes", shapes.dispute(
            charge, left if amount is None else amount, reason,
            "warning_needs_response" if inquiry else "needs_response"))
        charge["disputed"] = True
        self.emit("charge.dispute.created", dispute)
        if not inquiry:
            self.move_disputed(dispute, -dispute["amount"], shapes.DISPUTE_FEE)
            self.emit("charge.dispute.funds_withdrawn", dispute)
        return dispute

    def move_disputed(self, dispute, amount, fee):
        dispute["balance_transactions"].append(self.book(
            dispute, "adjustment", amount, fee, f"Chargeback for {dispute['charge']}"))

    @action
    def update_dispute(self, dispute_id, status="under_review"):
        dispute = self.known("disputes", dispute_id)
        dispute["status"] = status
        self.emit("charge.dispute.updated", dispute)
        return dispute

    @action
    def close_dispute(self, dispute_id, won=True):
        """The bank decides; what the shop wins comes back, without the fee."""
        dispute = self.known("disputes", dispute_id)
        inquiry = dispute["status"].startswith("warning")
        dispute["status"] = "warning_closed" if inquiry else "won" if won else "lost"
        if won and not inquiry:
            self.move_disputed(dispute, dispute["amount"], 0)
            self.emit("charge.dispute.funds_reinstated", dispute)
        self.emit("charge.dispute.closed", dispute)
        return dispute

    # Books

    def refunded(self, charge):
        """What went back to the buyer, or is on its way; not what was only held."""
        return sum(refund["amount"] for refund in self.state["refunds"].values()
                   if refund["charge"] == charge["id"] and refund["balance_transaction"]
                   and refund["status"] != "failed")

    def books(self):
        """{intent: its money by Stripe's view}."""
        with self.lock:
            return {name: self.page(intent)
                    for name, intent in self.state["payment_intents"].items()}

    def page(self, intent):
        charges = [charge for charge in self.state["charges"].values()
                   if charge["payment_intent"] == intent["id"] and charge["paid"]]
        names = {charge["id"] for charge in charges}
        disputes = [d for d in self.state["disputes"].values() if d["charge"] in names]
        sources = names | {d["id"] for d in disputes} | {
            refund["id"] for refund in self.state["refunds"].values() if refund["charge"] in names}
        moves = [move for move in self.state["balance_transactions"].values()
                 if move["source"] in sources]
        return {"status": intent["status"], "amount": intent["amount"],
                "currency": intent["currency"], "metadata": intent["metadata"],
                "created": intent["created"],
                "method": charges[0]["payment_method_details"]["type"] if charges
                else intent["payment_method_types"][0],
                "held": intent["amount_capturable"], "captured": intent["amount_received"],
                "refunded": sum(self.refunded(charge) for charge in charges),
                "disputed": -sum(move["amount"] for move in moves if move["type"] == "adjustment"),
                "fees": sum(move["fee"] for move in moves),
                "net": sum(move["net"] for move in moves)}
