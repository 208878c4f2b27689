"""What money does at PayPal: orders, authorizations, captures, refunds and disputes, how they are
shown, and the events that they make; and what happens there without the shop (the actions). Amounts
in options and books are centavos."""
import gateway_paypal_shapes as shapes
from gateway_common import Gateway, action
from gateway_paypal_shapes import centavos_of

SHOWN_PAYMENTS = ("authorizations", "captures", "refunds")


def public(document):
    return {name: value for name, value in document.items() if not name.startswith("_")}


class PayPalMoney(Gateway):
    name, request_id = "paypal", "Paypal-Debug-Id"
    tables = ("orders", "authorizations", "captures", "refunds", "disputes", "tokens")

    def put(self, table, document):
        self.state[table][document.get("dispute_id") or document["id"]] = document
        return document

    def emit(self, kind, resource_type, resource, summary):
        self.outbox.add(shapes.event(kind, resource_type, summary, resource, self.url))

    @staticmethod
    def change(document, **fields):
        document.update(fields, update_time=shapes.now())

    # How things are shown

    def links(self, *links):
        return [{"href": href if "://" in href else self.url + href, "rel": rel, "method": method}
                for rel, href, method in links]

    def shown_order(self, order, whole=True):
        """whole: all of it; else what is answered to who did not ask for more."""
        path, shown = f"/v2/checkout/orders/{order['id']}", public(order)
        links = [("self", path, "GET")]
        if order["status"] in ("CREATED", "PAYER_ACTION_REQUIRED"):
            rel = "approve" if order["status"] == "CREATED" else "payer-action"
            links.append((rel, f"/pay/paypal/{order['id']}", "GET"))
        if order["status"] in ("CREATED", "APPROVED"):
            links.append(("update", path, "PATCH"))
            verb = order["intent"].lower()
            links.append((verb, f"{path}/{verb}", "POST"))
        if whole:
            shown["purchase_units"] = [
                {**unit, **self.shown_payments(order, n)}
                for n, unit in enumerate(order["purchase_units"])]
        else:
            shown = {name: shown[name] for name in ("id", "status", "payment_source", "payer")
                     if name in shown}
        return {**shown, "links": self.links(*links)}

    def shown_payments(self, order, n):
        show = {"authorizations": self.shown_authorization, "captures": self.shown_capture,
                "refunds": self.shown_refund}
        payments = {table: [show[table](one, False) for one in self.state[table].values()
                            if one["_order"] == order["id"] and one["_unit"] == n]
                    for table in SHOWN_PAYMENTS}
        payments = {table: ones for table, ones in payments.items() if ones}
        return {"payments": payments} if payments else {}

    def shown_done(self, order):
        """An order as a capture or authorization of it answers."""
        shown = self.shown_order(order)
        units = [{name: unit[name] for name in ("reference_id", "shipping", "payments")
                  if name in unit} for unit in shown["purchase_units"]]
        return {**{name: shown[name] for name in ("id", "status", "payment_source", "payer", "links")
                   if name in shown}, "purchase_units": units}

    def related(self, document):
        ids = {"order_id": document["_order"]}
        if "_authorization" in document:
            ids["authorization_id"] = document["_authorization"]
        return {"supplementary_data": {"related_ids": ids}, "payee": shapes.PAYEE}

    def shown_authorization(self, one, alone=True):
        path = f"/v2/payments/authorizations/{one['id']}"
        return {**public(one), **(self.related(one) if alone else {}), "links": self.links(
            ("self", path, "GET"), ("capture", f"{path}/capture", "POST"),
            ("void", f"{path}/void", "POST"),
            ("up", f"/v2/checkout/orders/{one['_order']}", "GET"))}

    def shown_capture(self, one, alone=True):
        path = f"/v2/payments/captures/{one['id']}"
        up = (f"/v2/payments/authorizations/{one['_authorization']}" if "_authorization" in one
              else f"/v2/checkout/orders/{one['_order']}")
        return {**public(one), **(self.related(one) if alone else {}), "links": self.links(
            ("self", path, "GET"), ("refund", f"{path}/refund", "POST"), ("up", up, "GET"))}

    def shown_refund(self, one, alone=True):
        return {**public(one), **({"payer": shapes.PAYEE} if alone else {}), "links": self.links(
            ("self", f"/v2/payments/refunds/{one['id']}", "GET"),
            ("up", f"/v2/payments/captures/{one['_capture']}", "GET"))}

    def shown_dispute(self, one):
        return {**public(one), "links": self.links(
            ("self", f"/v1/customer/disputes/{one['dispute_id']}", "GET"))}

    # What happens

    def allow(self, order, n, amount, outcome, authorization=None, fields=None):
        """A capture, as far as the buyer's money allows it."""
        fields = fields or {}
        capture = shapes.payment(order, n, centavos_of(amount, "/amount"), fields.get("invoice_id"))
        capture["final_capture"] = fields.get("final_capture", authorization is None)
        if authorization:
            capture["_authorization"] = authorization["id"]
        self.put("captures", capture)
        if outcome == "pending":
            capture.update(status="PENDING", status_details={"reason": "PENDING_REVIEW"})
            self.emit_capture("PENDING", capture)
        elif outcome == "fail":
            capture.update(status="DECLINED")
            self.emit_capture("DENIED", capture)
        else:
            self.complete(capture)
        return capture

    def complete(self, capture):
        capture.pop("status_details", None)
        self.change(capture, status="COMPLETED",
                    seller_receivable_breakdown=shapes.breakdown(capture["amount"]))
        self.emit_capture("COMPLETED", capture)

    def emit_capture(self, kind, capture):
        amount = capture["amount"]
        self.emit(f"PAYMENT.CAPTURE.{kind}", "capture", self.shown_capture(capture),
                  f"Payment {kind.lower()} for {amount['currency_code']} {amount['value']}")

    def emit_refund(self, kind, refund):
        amount = refund["amount"]
        self.emit(kind, "refund", self.shown_refund(refund),
                  f"{kind}: {amount['currency_code']} {amount['value']}")

    def emit_authorization(self, kind, authorization):
        self.emit(f"PAYMENT.AUTHORIZATION.{kind}", "authorization",
                  self.shown_authorization(authorization), f"Authorization {kind.lower()}")

    def refunded(self, capture):
        return sum(centavos_of(refund["amount"], "") for refund in self.state["refunds"].values()
                   if refund["_capture"] == capture["id"]
                   and refund["status"] in ("COMPLETED", "PENDING"))

    def count_refunds(self, capture):
        """The capture's status after its refunds changed."""
        refunded, amount = self.refunded(capture), centavos_of(capture["amount"], "")
        self.change(capture, status="REFUNDED" if refunded == amount else
                    "PARTIALLY_REFUNDED" if refunded else "COMPLETED")

    def give_back(self, capture, centavos, outcome, fields):
        refund = self.put("refunds", shapes.refund(capture, centavos, self.refunded(capture), fields))
        if outcome == "pending":
            refund.update(status="PENDING", status_details={"reason": "ECHECK"})
            self.emit_refund("PAYMENT.REFUND.PENDING", refund)
        elif outcome == "fail":
            refund["status"] = "FAILED"
            self.emit_refund("PAYMENT.REFUND.FAILED", refund)
        self.count_refunds(capture)
        if refund["status"] == "COMPLETED":
            self.emit_refund("PAYMENT.CAPTURE.REFUNDED", refund)
        return refund

    # Actions

    def known(self, table, name):
        if name not in self.state[table]:
            raise ValueError(f"no such object in {table}: {name}")
        return self.state[table][name]

    def capture_of(self, name):
        """A capture by its id, or the last one of an order."""
        ours = [one for one in self.state["captures"].values() if name in (one["id"], one["_order"])]
        if not ours:
            raise ValueError(f"no such capture, and no order with one: {name}")
        return ours[-1]

    @action
    def approve(self, order_id):
        """The buyer signs in and agrees to pay."""
        order = self.known("orders", order_id)
        if order["status"] not in ("CREATED", "PAYER_ACTION_REQUIRED"):
            raise ValueError(f"{order_id} is {order['status']}")
        payer = shapes.PAYER
        self.change(order, status="APPROVED", payer=payer, payment_source={"paypal": {
            "email_address": payer["email_address"], "account_id": payer["payer_id"],
            "account_status": "VERIFIED", "name": payer["name"], "address": payer["address"]}})
        self.emit("CHECKOUT.ORDER.APPROVED", "checkout-order", self.shown_order(order),
                  "An order has been approved by buyer")
        return self.shown_order(order)

    @action
    def expire(self, order_id):
        """Nobody approved or captured in time: the order is gone."""
        return self.state["orders"].pop(self.known("orders", order_id)["id"])

    @action
    def expire_tokens(self):
        self.state["tokens"].clear()
        return {}

    @action
    def expire_authorization(self, authorization_id):
        one = self.known("authorizations", authorization_id)
        self.change(one, status="VOIDED")
        self.emit_authorization("VOIDED", one)
        return self.shown_authorization(one)

    @action
    def settle_capture(self, capture_id, completed=True):
        """A pending capture, by its id or its order's, completes or is denied."""
        capture = self.capture_of(capture_id)
        if capture["status"] != "PENDING":
            raise ValueError(f"{capture['id']} is {capture['status']}")
        if completed:
            self.complete(capture)
        else:
            self.change(capture, status="DECLINED")
            self.emit_capture("DENIED", capture)
        return self.shown_capture(capture)

    @action
    def settle_refund(self, refund_id, status="COMPLETED"):
        """A pending refund comes to COMPLETED, FAILED or CANCELLED."""
        refund = self.known("refunds", refund_id)
        capture = self.state["captures"][refund["_capture"]]
        if status not in ("COMPLETED", "FAILED", "CANCELLED") or refund["status"] != "PENDING":
            raise ValueError(f"{refund_id} is {refund['status']}, it cannot be {status}")
        refund.pop("status_details", None)
        self.change(refund, status=status)
        self.count_refunds(capture)
        self.emit_refund({"COMPLETED": "PAYMENT.CAPTURE.REFUNDED", "FAILED": "PAYMENT.REFUND.FAILED",
                          "CANCELLED": "PAYMENT.REFUND.CANCELLED"}[status], refund)
        return self.shown_refund(refund)

    @action
    def refund_from_dashboard(self, capture_id, amount=None, outcome=None):
        """Staff refunds at PayPal's own pages, past the shop."""
        capture = self.capture_of(capture_id)
        left = centavos_of(capture["amount"], "") - self.refunded(capture)
        return self.shown_refund(self.give_back(
            capture, left if amount is None else amount, outcome, {}))

    @action
    def reverse(self, capture_id, amount=None):
        """PayPal takes a payment back, as a bank or a decided dispute makes it."""
        return self.shown_refund(self.take_back(self.capture_of(capture_id), amount))

    def take_back(self, capture, amount=None):
        left = centavos_of(capture["amount"], "") - self.refunded(capture)
        refund = self.put("refunds", shapes.refund(
            capture, left if amount is None else amount, self.refunded(capture), {}))
        refund["_reversal"] = True
        self.count_refunds(capture)
        self.emit_refund("PAYMENT.CAPTURE.REVERSED", refund)
        return refund

    @action
    def dispute(self, capture_id, amount=None, reason="MERCHANDISE_OR_SERVICE_NOT_RECEIVED"):
        capture = self.capture_of(capture_id)
        left = centavos_of(capture["amount"], "") - self.refunded(capture)
        dispute = self.put("disputes", shapes.dispute(
            capture, left if amount is None else amount, reason))
        self.emit("CUSTOMER.DISPUTE.CREATED", "dispute", self.shown_dispute(dispute),
                  f"A new dispute opened with Case # {dispute['dispute_id']}")
        return self.shown_dispute(dispute)

    @action
    def update_dispute(self, dispute_id, status="UNDER_REVIEW"):
        dispute = self.known("disputes", dispute_id)
        self.change(dispute, status=status, dispute_state="UNDER_PAYPAL_REVIEW",
                    dispute_life_cycle_stage="CHARGEBACK")
        self.emit("CUSTOMER.DISPUTE.UPDATED", "dispute", self.shown_dispute(dispute),
                  f"Dispute {dispute_id} was updated")
        return self.shown_dispute(dispute)

    @action
    def close_dispute(self, dispute_id, won=True):
        """PayPal decides; what the shop loses is taken back from it."""
        dispute = self.known("disputes", dispute_id)
        capture, amount = self.state["captures"][dispute["_capture"]], dispute["dispute_amount"]
        outcome = {"outcome_code": "RESOLVED_SELLER_FAVOUR" if won else "RESOLVED_BUYER_FAVOUR"}
        if not won:
            outcome["amount_refunded"] = amount
            self.take_back(capture, centavos_of(amount, ""))
        self.change(dispute, status="RESOLVED", dispute_state="RESOLVED", dispute_outcome=outcome)
        self.emit("CUSTOMER.DISPUTE.RESOLVED", "dispute", self.shown_dispute(dispute),
                  f"A dispute was resolved with case # {dispute_id}")
        return self.shown_dispute(dispute)

    # Books

    def books(self):
        """{order: its money by PayPal's view}."""
        with self.lock:
            return {name: self.page(order) for name, order in self.state["orders"].items()}

    def page(self, order):
        captures = [one for one in self.state["captures"].values() if one["_order"] == order["id"]]
        received = [one for one in captures if "seller_receivable_breakdown" in one]
        refunds = [one for one in self.state["refunds"].values() if one["_order"] == order["id"]
                   and one["status"] in ("COMPLETED", "PENDING")]
        captured = sum(centavos_of(one["amount"], "") for one in received)
        fees = sum(centavos_of(one["seller_receivable_breakdown"]["paypal_fee"], "", True)
                   for one in received)
        back = {taken: sum(centavos_of(one["amount"], "") for one in refunds
                           if one.get("_reversal", False) == taken) for taken in (False, True)}
        unit = order["purchase_units"][0]
        held = sum(centavos_of(one["amount"], "") for one in self.state["authorizations"].values()
                   if one["_order"] == order["id"] and one["status"] == "CREATED")
        return {"status": order["status"], "currency": unit["amount"]["currency_code"],
                "amount": sum(centavos_of(one["amount"], "") for one in order["purchase_units"]),
                "metadata": {name: unit[name] for name in ("reference_id", "custom_id", "invoice_id")
                             if name in unit},
                "created": order["create_time"], "method": "paypal", "held": held,
                "captured": captured, "refunded": back[False], "disputed": back[True], "fees": fees,
                "pending": sum(centavos_of(one["amount"], "") for one in captures
                               if one["status"] == "PENDING"),
                "net": captured - fees - back[False] - back[True]}


