"""Random steps with the money of orders: another way to pay, and what goes back, by whoever sends it."""


class Money:
    """Of a Walk."""

    OPERATIONS = {"cancel_payment": 2, "promise_back": 6, "confirm_refund": 6}

    def payment(self, name):
        """The path of an order's last payment, or None."""
        payments = self.staff.get(f"/v1/orders/{name}/payments").json()["data"] if name else []
        return payments and f"/v1/payments/{payments[-1]['id']}"

    def cancel_payment(self):
        name = self.name(lambda order: order.payment == "pending")
        path = self.payment(name)
        if path:
            client = self.draw.choice([self.staff, self.buyer_of(name)])
            self.change(name, client.post(f"{path}/cancel"), self.model.cancel_payment(name))

    def promise_back(self):
        name = self.name(lambda order: order.held() > 0)
        path = self.payment(name)
        if path:
            held = self.model.orders[name].held()
            amount = self.draw.choice([None, 1, held // 2 or 1, max(held, 1), max(held, 0) + 1])
            self.change(name, self.post(self.staff, f"{path}/refunds", {"amount": amount} if amount else {}),
                        self.model.promise_back(name, amount))

    def confirm_refund(self):
        name = self.name(lambda order: order.promised)
        order = self.model.orders.get(name)
        if not order or not order.promised:
            return
        refunds = self.staff.get(f"{self.payment(name)}/refunds").json()["data"]
        waiting = [refund for refund in refunds if refund["status"] == "by_person"]
        assert [refund["amount"] for refund in waiting] == order.promised
        at = self.draw.randrange(len(waiting))
        path = f"/v1/refunds/{waiting[at]['id']}/confirm"
        self.change(name, self.staff.post(path), self.model.confirm_refund(name, at))
        self.agree(self.staff.post(path), "refund_not_by_person")
