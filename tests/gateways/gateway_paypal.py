"""A stand-in for PayPal: tokens, Orders v2, Payments v2, and what a shop needs of webhooks and
disputes. It is strict where PayPal is, and stricter in what a shop should do anyway: what moves
money needs a PayPal-Request-Id, and one that was used is used with the same body only."""
import datetime
import json
import time
import urllib.parse

import gateway_paypal_shapes as shapes
from gateway_common import Answer, answer, basic_credentials, token
from gateway_paypal_money import PayPalMoney
from gateway_paypal_shapes import centavos_of, error

ID = "([^/]+)"
ORDERS, PAYMENTS, NOTES = "/v2/checkout/orders", "/v2/payments", "/v1/notifications"

# What moves money needs a key.
KEYED = ("create", "capture", "authorize", "refund")

CREATED_TABLES = {"order": "orders", "done": "orders", "capture": "captures", "refund": "refunds"}


class PayPal(PayPalMoney):
    """token_lifetime: seconds that a new token is good for."""

    unpublished = ("token", "certificate", "disputes")
    decides = {"token": ["decline"], "create": ["decline"], "authorize": ["decline", "pending"],
               "capture": ["decline", "pending", "fail"], "refund": ["decline", "pending", "fail"],
               "verify": ["decline"]}
    routes = (
        ("POST", "/v1/oauth2/token", "token", "create_token"),
        ("POST", ORDERS, "create", "create_order"),
        ("GET", f"{ORDERS}/{ID}", "read", "read_order"),
        ("POST", f"{ORDERS}/{ID}/capture", "capture", "capture_order"),
        ("POST", f"{ORDERS}/{ID}/authorize", "authorize", "authorize_order"),
        ("GET", f"{PAYMENTS}/authorizations/{ID}", "read", "read_authorization"),
        ("POST", f"{PAYMENTS}/authorizations/{ID}/capture", "capture", "capture_authorization"),
        ("POST", f"{PAYMENTS}/authorizations/{ID}/void", "cancel", "void_authorization"),
        ("GET", f"{PAYMENTS}/captures/{ID}", "read", "read_capture"),
        ("POST", f"{PAYMENTS}/captures/{ID}/refund", "refund", "refund_capture"),
        ("GET", f"{PAYMENTS}/refunds/{ID}", "read", "read_refund"),
        ("POST", f"{NOTES}/verify-webhook-signature", "verify", "verify_signature"),
        ("GET", f"{NOTES}/webhooks-events", "list", "list_events"),
        ("GET", f"{NOTES}/certs/{ID}", "certificate", "read_certificate"),
        ("GET", "/v1/customer/disputes", "disputes", "list_disputes"),
        ("GET", f"/v1/customer/disputes/{ID}", "disputes", "read_dispute"),
    )

    def __init__(self, outbox, signer, client, secret, webhook_id):
        self.signer, self.credentials, self.webhook_id = signer, (client, secret), webhook_id
        self.token_lifetime = 32400
        super().__init__(outbox)

    def clear(self):
        super().clear()
        self.token_lifetime = 32400

    @staticmethod
    def serves(path):
        return path.startswith(("/v1/oauth2/", "/v2/", f"{NOTES}/", "/v1/customer/disputes"))

    # Events

    def signature(self, body, **how):
        return self.signer.headers(body, self.webhook_id, self.url, **how)

    @staticmethod
    def encode(event):
        return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()

    # Who asks, and how

    def authenticate(self, call):
        operation = call.route.operation if call.route else None
        header = call.request.headers.get("Authorization")
        if operation == "token":
            if basic_credentials(header) != self.credentials or call.outcome:
                document = {"error": "invalid_client",
                            "error_description": "Client Authentication failed"}
                raise shapes.Refused(401, document)
        elif operation != "certificate":
            scheme, _, given = (header or "").partition(" ")
            if scheme != "Bearer" or self.state["tokens"].get(given, 0) <= time.time():
                raise error(401)
        if operation in KEYED and call.request.headers.get("PayPal-Request-Id"):
            call.key = f"{call.route.handler}:{call.request.headers['PayPal-Request-Id']}"

    def rules(self, call):
        reasons, headers = [], call.request.headers
        operation = call.route.operation if call.route else None
        media = (headers.get("Content-Type") or "").split(";")[0].strip().lower()
        wanted = "application/x-www-form-urlencoded" if operation == "token" else "application/json"
        if call.request.method == "POST" and operation != "cancel" and media != wanted:
            reasons.append(("Content-Type", f"is not {wanted}"))
        if operation in KEYED and not headers.get("PayPal-Request-Id"):
            reasons.append(("PayPal-Request-Id", "is missing"))
        return reasons

    def read_unchecked(self, call):
        call.query = dict(urllib.parse.parse_qsl(call.request.query))
        if call.request.method == "GET":
            return
        text = call.request.body.decode()
        if call.route.operation == "token":
            call.fields = dict(urllib.parse.parse_qsl(text))
            if call.fields.get("grant_type") != "client_credentials":
                self.refuse(call, [("grant_type", "is not client_credentials")])
        else:
            call.fields = json.loads(text or "{}")

    # Refusals

    def malformed(self, reasons):
        where, words = reasons[0]
        if where == "Content-Type":
            return error(415)
        issue = ("PAYPAL_REQUEST_ID_REQUIRED" if words == "is missing" else
                 "MISSING_REQUIRED_PARAMETER" if "required" in words else
                 "INVALID_PARAMETER_SYNTAX" if "does not match" in words else
                 "INVALID_ARRAY_MIN_ITEMS" if words.startswith("[] is too short") else
                 "INVALID_STRING_LENGTH" if "is too" in words else
                 "MALFORMED_REQUEST_JSON" if words.startswith("malformed") else
                 "INVALID_PARAMETER_VALUE")
        return error(400, issue, where.replace("][", "/").replace("[", "/").replace("]", ""))

    def busy(self, call):
        return error(409, "PREVIOUS_REQUEST_IN_PROGRESS")

    def used_otherwise(self, call):
        """PayPal gives what the first one made; a shop that means something else has it wrong."""
        return self.refuse(call, [("PayPal-Request-Id", "was used for something else")])

    def not_now(self, fault):
        if fault.kind == "rate_limit":
            return error(429, headers={"Retry-After": str(fault.seconds)}).answer
        return self.broken()

    def broken(self):
        return error(500).answer

    # Keys. What was made is replayed as it is by now; what was not is tried again.

    def keep(self, call, given):
        if call.resource:
            self.state["kept"][call.key] = {
                "fingerprint": call.fingerprint(), "resource": call.resource}

    def replay(self, call, kept):
        how, name = kept["resource"]
        document = self.made(call, how, self.state[CREATED_TABLES[how]][name])
        return answer(200 if CREATED_TABLES[how] == "orders" else 201, document)

    def made(self, call, how, document):
        """What is answered about what a call made: all of it, or little, as it prefers."""
        call.resource = [how, document["id"]]
        whole = call.request.headers.get("Prefer") == "return=representation"
        if how == "order":
            return self.shown_order(document, whole)
        if how == "done":
            return self.shown_order(document) if whole else self.shown_done(document)
        shown = self.shown_capture(document) if how == "capture" else self.shown_refund(document)
        return shown if whole else {name: shown[name] for name in ("id", "status", "links")}

    def get(self, table, name):
        found = self.state[table].get(name)
        if found is None:
            raise error(404, "INVALID_RESOURCE_ID")
        return found

    def check(self, call, status, document):
        """What PayPal says to who captures an order that is to be authorized is not published."""
        if status != 422 or document["details"][0]["issue"] != "ACTION_DOES_NOT_MATCH_INTENT":
            super().check(call, status, document)

    # Tokens

    def create_token(self, call):
        name = f"A21AA{token(80)}"
        self.state["tokens"][name] = time.time() + self.token_lifetime
        return 200, {"scope": "https://uri.paypal.com/services/payments/payment", "access_token": name,
                     "token_type": "Bearer", "app_id": "APP-80W284485P519543T",
                     "expires_in": self.token_lifetime, "nonce": f"{shapes.now()}{token(20)}"}

    # Orders

    def create_order(self, call):
        shapes.check_amounts(call.fields["purchase_units"])
        if call.outcome == "decline":
            raise error(422, "PAYEE_ACCOUNT_RESTRICTED")
        order = self.put("orders", shapes.order(call.fields))
        return 201, self.made(call, "order", order)

    def read_order(self, call):
        return 200, self.shown_order(self.get("orders", call.arguments[0]))

    def ready(self, call, intent):
        """An order that can be captured or authorized now."""
        order = self.get("orders", call.arguments[0])
        if order["status"] == "COMPLETED":
            raise error(422, f"ORDER_ALREADY_{'CAPTURED' if intent == 'CAPTURE' else 'AUTHORIZED'}")
        if order["intent"] != intent:
            raise error(422, "ACTION_DOES_NOT_MATCH_INTENT")
        if order["status"] != "APPROVED":
            raise error(422, "ORDER_NOT_APPROVED", words=shapes.CAPTURE_WORDS
                        if intent == "CAPTURE" else None)
        for unit in order["purchase_units"]:
            self.check_invoice(unit.get("invoice_id"), None)
        if call.outcome == "decline":
            again = "PAYER_ACTION_REQUIRED" if order["_with_source"] else "CREATED"
            self.change(order, status=again)
            raise error(422, "INSTRUMENT_DECLINED", links=self.links(
                ("redirect", f"/pay/paypal/{order['id']}", "GET")))
        return order

    def check_invoice(self, invoice_id, words):
        """An invoice is paid once."""
        if invoice_id and any(one.get("invoice_id") == invoice_id and one["status"] != "DECLINED"
                              for one in self.state["captures"].values()):
            raise error(422, "DUPLICATE_INVOICE_ID", words=words)

    def capture_order(self, call):
        order = self.ready(call, "CAPTURE")
        for n, unit in enumerate(order["purchase_units"]):
            self.allow(order, n, unit["amount"], call.outcome)
        self.change(order, status="COMPLETED")
        return 201, self.made(call, "done", order)

    def authorize_order(self, call):
        order = self.ready(call, "AUTHORIZE")
        until = datetime.datetime.utcnow() + datetime.timedelta(days=29)
        for n, unit in enumerate(order["purchase_units"]):
            one = shapes.payment(order, n, centavos_of(unit["amount"], ""))
            one.update(status="PENDING" if call.outcome == "pending" else "CREATED",
                       expiration_time=until.strftime("%Y-%m-%dT%H:%M:%SZ"))
            self.put("authorizations", one)
            self.emit_authorization("CREATED", one)
        self.change(order, status="COMPLETED")
        return 201, self.made(call, "done", order)

    # Authorizations

    def read_authorization(self, call):
        return 200, self.shown_authorization(self.get("authorizations", call.arguments[0]))

    def capture_authorization(self, call):
        one = self.get("authorizations", call.arguments[0])
        if one["status"] in ("CAPTURED", "VOIDED", "DENIED"):
            raise error(422, {"CAPTURED": "AUTHORIZATION_ALREADY_CAPTURED"}.get(
                one["status"], f"AUTHORIZATION_{one['status']}"))
        before = sum(centavos_of(capture["amount"], "") for capture in self.state["captures"].values()
                     if capture.get("_authorization") == one["id"]
                     and capture["status"] != "DECLINED")
        limit = centavos_of(one["amount"], "")
        amount = call.fields.get("amount") or shapes.money(
            limit - before, one["amount"]["currency_code"])
        if amount["currency_code"] != one["amount"]["currency_code"]:
            raise error(422, "AUTH_CAPTURE_CURRENCY_MISMATCH")
        total = before + centavos_of(amount, "/amount")
        if total * 100 > limit * shapes.OVER_CAPTURE:
            raise error(422, "MAX_CAPTURE_AMOUNT_EXCEEDED")
        if call.outcome == "decline":
            raise error(422, "AUTHORIZATION_DENIED")
        self.check_invoice(call.fields.get("invoice_id"), shapes.CAPTURE_WORDS)
        capture = self.allow(self.state["orders"][one["_order"]], one["_unit"], amount, call.outcome,
                             one, call.fields)
        done = capture["final_capture"] or total >= limit
        self.change(one, status="CAPTURED" if done else "PARTIALLY_CAPTURED")
        return 201, self.made(call, "capture", capture)

    def void_authorization(self, call):
        one = self.get("authorizations", call.arguments[0])
        if one["status"] in ("VOIDED", "CAPTURED", "PARTIALLY_CAPTURED"):
            raise error(422, "PREVIOUSLY_VOIDED" if one["status"] == "VOIDED" else
                        "PREVIOUSLY_CAPTURED")
        self.change(one, status="VOIDED")
        self.emit_authorization("VOIDED", one)
        if call.request.headers.get("Prefer") == "return=representation":
            return 200, self.shown_authorization(one)
        return 204, None

    # Captures and refunds

    def read_capture(self, call):
        return 200, self.shown_capture(self.get("captures", call.arguments[0]))

    def refund_capture(self, call):
        capture = self.get("captures", call.arguments[0])
        left = centavos_of(capture["amount"], "") - self.refunded(capture)
        if capture["status"] in ("PENDING", "DECLINED", "FAILED"):
            raise error(422, "PENDING_CAPTURE" if capture["status"] == "PENDING" else
                        "REFUND_NOT_ALLOWED")
        if left == 0:
            raise error(422, "CAPTURE_FULLY_REFUNDED")
        amount = call.fields.get("amount")
        centavos = centavos_of(amount, "/amount") if amount else left
        if amount and amount["currency_code"] != capture["amount"]["currency_code"]:
            raise error(422, "REFUND_CAPTURE_CURRENCY_MISMATCH")
        if centavos > left:
            raise error(422, "REFUND_AMOUNT_EXCEEDED")
        if centavos < left and any(one["_capture"] == capture["id"] and one["status"] != "RESOLVED"
                                   for one in self.state["disputes"].values()):
            raise error(422, "TRANSACTION_DISPUTED")
        if call.outcome == "decline":
            raise error(422, "REFUND_FAILED_INSUFFICIENT_FUNDS")
        return 201, self.made(call, "refund", self.give_back(
            capture, centavos, call.outcome, call.fields))

    def read_refund(self, call):
        return 200, self.shown_refund(self.get("refunds", call.arguments[0]))

    # Webhooks

    def read_certificate(self, call):
        if call.arguments[0] != self.signer.name:
            raise error(404, "INVALID_RESOURCE_ID")
        return 200, {"pem": self.signer.chain.decode()}

    def run(self, call):
        given = super().run(call)
        if call.route.operation == "certificate" and given.status == 200:
            return Answer(200, self.signer.chain, {"Content-Type": "application/x-pem-file"})
        return given

    def verify_signature(self, call):
        """Over the event's bytes as they stand in the request: who wrote it anew fails, as there."""
        fields, text = call.fields, call.request.body.decode()
        start = text.index(":", text.index('"webhook_event"')) + 1
        start += len(text[start:]) - len(text[start:].lstrip())
        _, end = json.JSONDecoder().raw_decode(text, start)
        good = (fields["webhook_id"] == self.webhook_id and call.outcome != "decline"
                and fields["auth_algo"] == "SHA256withRSA"
                and fields["cert_url"] == f"{self.url}{NOTES}/certs/{self.signer.name}"
                and self.signer.is_own(fields["transmission_sig"], fields["transmission_id"],
                                       fields["transmission_time"], fields["webhook_id"],
                                       text[start:end].encode()))
        return 200, {"verification_status": "SUCCESS" if good else "FAILURE"}

    def list_events(self, call):
        query = call.query
        found = [event for event in reversed(self.outbox.events)
                 if query.get("event_type") in (None, event["event_type"])
                 and query.get("transaction_id") in (None, event["resource"].get("id"))
                 and query.get("start_time", "") <= event["create_time"] <= query.get("end_time", "~")]
        page = found[:int(query.get("page_size", 10))]
        return 200, {"events": page, "count": len(page), "links": self.links(
            ("self", call.request.path, "GET"))}

    # Disputes

    def list_disputes(self, call):
        wanted = call.query.get("disputed_transaction_id")
        return 200, {"items": [self.shown_dispute(one) for one in self.state["disputes"].values()
                               if wanted in (None, one["_capture"])], "links": []}

    def read_dispute(self, call):
        return 200, self.shown_dispute(self.get("disputes", call.arguments[0]))
