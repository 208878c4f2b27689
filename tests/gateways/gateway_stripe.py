"""A stand-in for Stripe's API 2023-08-16: the part of it that a shop in Brazil uses, with cards,
Pix and boleto. It is strict where Stripe is, and stricter in what a shop should do anyway: a POST
needs an Idempotency-Key, every call its Stripe-Version."""
import fnmatch
import time

import gateway_stripe_shapes as shapes
from gateway_common import reais
from gateway_stripe_front import StripeFront

# Cards that Stripe has for tests, by the end of their names: how paying with them goes.
TEST_CARDS = {"chargeDeclined": "generic_decline", "chargeDeclinedInsufficientFunds":
              "insufficient_funds", "chargeDeclinedExpiredCard": "expired_card",
              "chargeDeclinedProcessingError": "processing_error",
              "authenticationRequired": "challenge", "threeDSecure2Required": "challenge"}

ID = "([^/]+)"
UPDATABLE = ("description", "receipt_email", "shipping", "statement_descriptor",
             "statement_descriptor_suffix")


class Stripe(StripeFront):
    """What can be asked of it."""

    decides = {"create": ["decline"], "confirm": ["decline"], "capture": ["decline"],
               "cancel": ["decline"], "refund": ["decline", "pending", "fail"]}
    unpublished = ("disputes",)
    routes = (
        ("POST", "/v1/payment_intents", "create", "create_intent"),
        ("GET", "/v1/payment_intents", "list", "list_intents"),
        ("GET", "/v1/payment_intents/search", "list", "search_intents"),
        ("GET", f"/v1/payment_intents/{ID}", "read", "read_intent"),
        ("POST", f"/v1/payment_intents/{ID}", "update", "update_intent"),
        ("POST", f"/v1/payment_intents/{ID}/confirm", "confirm", "confirm_intent"),
        ("POST", f"/v1/payment_intents/{ID}/capture", "capture", "capture_intent"),
        ("POST", f"/v1/payment_intents/{ID}/cancel", "cancel", "cancel_intent"),
        ("POST", "/v1/refunds", "refund", "create_refund"),
        ("GET", "/v1/refunds", "list", "list_refunds"),
        ("GET", f"/v1/refunds/{ID}", "read", "read_refund"),
        ("GET", "/v1/charges", "list", "list_charges"),
        ("GET", f"/v1/charges/{ID}", "read", "read_charge"),
        ("GET", "/v1/disputes", "disputes", "list_disputes"),
        ("GET", "/v1/balance_transactions", "list", "list_transactions"),
        ("GET", f"/v1/balance_transactions/{ID}", "read", "read_transaction"),
        ("GET", f"/v1/payment_methods/{ID}", "read", "read_method"),
        ("GET", "/v1/events", "list", "list_events"),
        ("GET", f"/v1/events/{ID}", "read", "read_event"),
    )

    # Payment intents

    def intent_of(self, call):
        return self.get(call, "payment_intents", "payment_intent", call.arguments[0], "intent")

    def create_intent(self, call):
        fields = dict(call.fields)
        if (fields.get("automatic_payment_methods") or {}).get("enabled"):
            fields.setdefault("payment_method_types", ["card", "boleto", "pix"])
        kinds = fields.setdefault("payment_method_types", ["card"])
        self.check_kinds(fields, kinds)
        if not fields.get("confirm") and ("return_url" in fields or "off_session" in fields):
            raise shapes.error(400, "The parameter `return_url` cannot be passed when creating a"
                                    " PaymentIntent unless `confirm` is set to true.",
                               param="return_url")
        intent = shapes.payment_intent(call.live, fields)
        intent["automatic_payment_methods"] = fields.get("automatic_payment_methods")
        self.change_metadata(intent, fields)
        self.set_options(intent, fields)
        method = None
        if "payment_method" in fields or "payment_method_data" in fields or fields.get("confirm"):
            method = self.method_given(call, intent)
            intent.update(payment_method=method["id"], status="requires_confirmation")
        self.put("payment_intents", intent)
        self.emit("payment_intent.created", intent)
        if fields.get("confirm"):
            self.confirm(call, intent, method)
        return 200, intent

    @staticmethod
    def check_kinds(fields, kinds):
        amount = fields["amount"]
        for kind in kinds:
            if kind not in shapes.LIMITS:
                raise shapes.error(400, f"The payment method type provided: {kind} is invalid. Please"
                                        " ensure the provided type is activated in your dashboard.",
                                   param="payment_method_types")
            if kind != "card" and fields["currency"].lower() != "brl":
                raise shapes.error(400, f"The payment method type {kind} only supports the currency"
                                        " brl.", param="currency")
            if kind != "card" and fields.get("capture_method") == "manual":
                raise shapes.error(400, f"The payment method type {kind} does not support"
                                        " `capture_method` manual.", param="capture_method",
                                   code="payment_intent_invalid_parameter")
        least = min(shapes.LIMITS[kind][0] for kind in kinds)
        most = max(shapes.LIMITS[kind][1] for kind in kinds)
        if amount < least:
            raise shapes.error(400, f"Amount must be at least {reais(least)} brl", param="amount",
                               code="amount_too_small" if amount > 0 else
                               "parameter_invalid_integer")
        if amount > most:
            raise shapes.error(400, f"Amount must be no more than {reais(most)} brl",
                               param="amount", code="amount_too_large")

    @staticmethod
    def change_metadata(document, fields):
        if "metadata" in fields:
            document["metadata"] = {key: value for key, value in {
                **document["metadata"], **fields["metadata"]}.items() if value != ""}

    @staticmethod
    def set_options(intent, fields):
        given = fields.get("payment_method_options") or {}
        options = {"card": {"installments": None, "mandate_options": None, "network": None,
                            "request_three_d_secure": "automatic"},
                   "pix": {"expires_after_seconds": 86400, "expires_at": None},
                   "boleto": {"expires_after_days": 3}}
        intent["payment_method_options"] = {
            kind: {**options[kind], **intent["payment_method_options"].get(kind, {}),
                   **(given.get(kind) or {})}
            for kind in intent["payment_method_types"]}
        seconds = (given.get("pix") or {}).get("expires_after_seconds", 86400)
        days = (given.get("boleto") or {}).get("expires_after_days", 3)
        if not 10 <= seconds <= 1209600 or not 0 <= days <= 60:
            raise shapes.error(400, "The expiry is out of range.", param="payment_method_options",
                               code="payment_intent_invalid_parameter")

    def method_given(self, call, intent):
        """The method that a call names or describes, or that the intent has."""
        fields, name = call.fields, call.fields.get("payment_method") or intent["payment_method"]
        if "payment_method_data" in fields:
            method = shapes.payment_method(call.live, fields["payment_method_data"]["type"],
                                           fields["payment_method_data"])
        elif name is None:
            raise self.unexpected_state(
                intent, "You cannot confirm this PaymentIntent because it's missing a payment method."
                        " You can either update the PaymentIntent with a payment method and then"
                        " confirm it again, or confirm it again directly with a payment method.")
        elif name.startswith("pm_card_"):
            method = {**shapes.payment_method(call.live, "card"), "id": name}
        else:
            method = self.get(call, "payment_methods", "PaymentMethod", name, "payment_method")
        if method["type"] not in intent["payment_method_types"]:
            raise shapes.error(
                400, f"The PaymentMethod provided ({method['type']}) is not allowed for this"
                     " PaymentIntent. Please attach it to the PaymentIntent's"
                     " payment_method_types.", code="payment_intent_invalid_parameter",
                param="payment_method")
        if method["type"] == "boleto":
            shapes.check_boleto(method)
        return self.put("payment_methods", method)

    def confirm(self, call, intent, method):
        if "return_url" in call.fields:
            self.state["return_urls"][intent["id"]] = call.fields["return_url"]
        how = TEST_CARDS.get(method["id"].rpartition("_")[2], "pay")
        if call.outcome == "decline":
            how = "generic_decline"
        if method["type"] != "card" and how == "pay":
            self.ask_buyer(intent, method, shapes.expiry(
                method["type"], intent["payment_method_options"][method["type"]]))
        elif how == "challenge":
            self.ask_buyer(intent, method, None)
        elif how == "pay":
            self.allow(intent, method)
        else:
            failure = self.refuse_payment(intent, method, *(
                shapes.decline(how) if method["type"] == "card" else
                ("payment_intent_payment_attempt_failed", "The payment failed.")))
            raise shapes.error(402, failure["message"], failure["type"], failure["code"],
                               decline_code=failure.get("decline_code"), payment_method=method,
                               charge=failure.get("charge"), payment_intent=intent)

    @staticmethod
    def unexpected_state(intent, words):
        return shapes.error(400, words, code="payment_intent_unexpected_state",
                            payment_intent=intent)

    def confirm_intent(self, call):
        intent = self.intent_of(call)
        if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
            raise self.unexpected_state(
                intent, "You cannot confirm this PaymentIntent because it has a status of"
                        f" {intent['status']}.")
        self.set_options(intent, call.fields)
        self.confirm(call, intent, self.method_given(call, intent))
        return 200, intent

    def update_intent(self, call):
        intent, fields = self.intent_of(call), call.fields
        if "amount" in fields:
            if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
                raise self.unexpected_state(
                    intent, "This PaymentIntent's amount could not be updated because it has a status"
                            f" of {intent['status']}.")
            self.check_kinds({**fields, "currency": intent["currency"]},
                             intent["payment_method_types"])
            intent["amount"] = fields["amount"]
        self.change_metadata(intent, fields)
        intent.update({name: fields[name] for name in UPDATABLE if name in fields})
        return 200, intent

    def capture_intent(self, call):
        intent = self.intent_of(call)
        if intent["status"] != "requires_capture":
            raise self.unexpected_state(
                intent, "This PaymentIntent could not be captured because it has a status of"
                        f" {intent['status']}. Only a PaymentIntent with one of the following"
                        " statuses may be captured: requires_capture.")
        held = intent["amount_capturable"]
        amount = call.fields.get("amount_to_capture", held)
        if not 0 < amount <= held:
            raise shapes.error(400, "The payment could not be captured because the requested capture"
                                    " amount is greater than the authorized amount.",
                               code="amount_too_large" if amount > held else
                               "parameter_invalid_integer", param="amount_to_capture")
        if call.outcome == "decline":
            raise shapes.error(400, "This charge can't be captured: its authorization has expired.",
                               code="charge_expired_for_capture", payment_intent=intent)
        charge = self.state["charges"][intent["latest_charge"]]
        self.take(intent, charge, amount)
        self.emit("charge.captured", charge)
        if amount < held:
            self.release(charge, held - amount)
        self.emit("payment_intent.succeeded", intent)
        return 200, intent

    def cancel_intent(self, call):
        intent = self.intent_of(call)
        if intent["status"] in ("succeeded", "canceled") or call.outcome == "decline":
            raise self.unexpected_state(
                intent, "You cannot cancel this PaymentIntent because it has a status of"
                        f" {intent['status']}. Only a PaymentIntent with one of the following"
                        " statuses may be canceled: requires_payment_method, requires_capture,"
                        " requires_confirmation, requires_action, processing.")
        self.end(intent, call.fields.get("cancellation_reason"))
        return 200, intent

    def read_intent(self, call):
        return 200, self.intent_of(call)

    def list_intents(self, call):
        return self.list_of(call, "payment_intents", customer="customer")

    def search_intents(self, call):
        """What is there since search_delay; the real one takes up to a minute, or longer."""
        fits = shapes.search(call.query["query"])
        found = [one for one in self.state["payment_intents"].values()
                 if one["livemode"] == call.live and one["created"] <= time.time() - self.search_delay
                 and fits(one)]
        page = int(call.query.get("page") or 0)
        limit = call.query.get("limit", 10)
        rest = list(reversed(found))[page:]
        return 200, {"object": "search_result", "data": rest[:limit], "has_more": len(rest) > limit,
                     "next_page": str(page + limit) if len(rest) > limit else None,
                     "url": call.request.path}

    # Refunds, and what can only be read

    def create_refund(self, call):
        fields = call.fields
        if "charge" in fields:
            charge = self.get(call, "charges", "charge", fields["charge"], "charge")
        elif "payment_intent" in fields:
            intent = self.get(call, "payment_intents", "payment_intent", fields["payment_intent"],
                              "payment_intent")
            charge = self.state["charges"].get(intent["latest_charge"])
            if charge is None or not charge["paid"]:
                raise shapes.error(400, f"This PaymentIntent ({intent['id']}) does not have a"
                                        " successful charge to refund.", param="payment_intent")
        else:
            raise shapes.error(400, "One of the following params should be provided for this request:"
                                    " payment_intent or charge.", code="parameter_missing")
        left = charge["amount"] - charge["amount_refunded"]
        amount = fields.get("amount", left)
        self.check_refund(call, charge, amount, left)
        return 200, self.give_back(charge, amount, call.outcome, fields)

    def check_refund(self, call, charge, amount, left):
        name = charge["id"]
        if charge["payment_method_details"]["type"] == "boleto":
            raise shapes.error(400, f"Charge {name} can't be refunded: boleto payments do not support"
                                    " refunds.", code="charge_not_refundable", param="charge")
        if charge["refunded"]:
            raise shapes.error(400, f"Charge {name} has already been refunded.",
                               code="charge_already_refunded")
        if not charge["captured"]:
            raise shapes.error(400, f"Charge {name} is not captured; cancel its PaymentIntent.",
                               code="charge_not_refundable", param="charge")
        if any(d["charge"] == name and not d["is_charge_refundable"] and d["status"] != "won"
               for d in self.state["disputes"].values()):
            raise shapes.error(400, f"Charge {name} has been charged back; cannot issue a refund.",
                               code="charge_disputed")
        if amount <= 0:
            raise shapes.error(400, "This value must be greater than or equal to 1.", param="amount",
                               code="parameter_invalid_integer")
        if amount > left:
            raise shapes.error(400, f"Refund amount ({reais(amount)}) is greater than unrefunded"
                                    f" amount on charge ({reais(left)})", param="amount")
        if call.outcome == "decline":
            raise shapes.error(400, "Insufficient funds in your Stripe balance to refund this amount.",
                               code="balance_insufficient")

    def read_refund(self, call):
        return 200, self.get(call, "refunds", "refund", call.arguments[0])

    def list_refunds(self, call):
        return self.list_of(call, "refunds", payment_intent="payment_intent", charge="charge")

    def read_charge(self, call):
        return 200, self.get(call, "charges", "charge", call.arguments[0])

    def list_charges(self, call):
        return self.list_of(call, "charges", payment_intent="payment_intent", customer="customer")

    def read_transaction(self, call):
        return 200, self.get(call, "balance_transactions", "balance_transaction", call.arguments[0])

    def list_disputes(self, call):
        return self.list_of(call, "disputes", payment_intent="payment_intent", charge="charge")

    def list_transactions(self, call):
        return self.list_of(call, "balance_transactions", source="source", type="type",
                            currency="currency")

    def read_method(self, call):
        return 200, self.get(call, "payment_methods", "PaymentMethod", call.arguments[0],
                             "payment_method")

    def shown_event(self, event):
        return {**event, "pending_webhooks": int(not self.outbox.was_delivered(event["id"]))}

    def read_event(self, call):
        for event in self.outbox.events:
            if event["id"] == call.arguments[0] and event["livemode"] == call.live:
                return 200, self.shown_event(event)
        raise self.missing(call, "event", call.arguments[0], "id")

    def list_events(self, call):
        query = call.query
        kinds = query.get("types") or ([query["type"]] if "type" in query else None)
        found = [self.shown_event(event) for event in self.outbox.events
                 if event["livemode"] == call.live and (
                     kinds is None or any(fnmatch.fnmatch(event["type"], kind) for kind in kinds))]
        if "delivery_success" in query:
            found = [event for event in found
                     if (event["pending_webhooks"] == 0) == query["delivery_success"]]
        return 200, self.listed(found, call.request.path, query)
