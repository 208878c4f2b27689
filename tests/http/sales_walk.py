"""Random steps through all that can be done with orders, stock, coupons and carts, each done by the
shop and by its model, which have to agree on the answer and on what is there afterwards."""
import os
import random
import uuid
from collections import Counter

import support
from sales_model import Order
from totals import RORAIMA, Rules

# TEST_STEPS=5000 TEST_SEED=7 ./vendas test -k test_sales_ goes further, and the same
# way again.
STEPS = int(os.environ.get("TEST_STEPS", 150))
SEED = int(os.environ.get("TEST_SEED", random.randrange(1 << 32)))

CUP, PLATE, KIT, PAN, BOOK = range(5)
UNITS = [CUP, PLATE, PAN]
GOODS = [dict(price=1990, weight_g=300),
         dict(price=3333, weight_g=999, width_mm=300, height_mm=200, length_mm=100, ncm="85166000"),
         dict(price=6000, weight_g=1500, parts={CUP: 2, PLATE: 1}),
         dict(price=123_457, weight_g=12_345), dict(price=2500, type="digital")]
COUPONS = [dict(kind="percent", value=1000, stackable=True),
           dict(kind="percent", value=3333, limited=True, stackable=True),
           dict(kind="amount", value=500, stackable=True, max_uses=5),
           dict(kind="freight", stackable=True, max_uses_per_customer=4),
           dict(kind="amount", value=10_000_000, limited=True, minimum=20_000),
           dict(kind="percent", value=10_000, max_uses=8, max_uses_per_customer=2)]
FREIGHT = [dict(base=1490, per_kg=200, free_above=50_000),
           dict(base=2500, value_bp=37, cubic_divisor=6000)]
TAXES = [dict(code="A", rate_bp=1800, included=True), dict(code="B", rate_bp=325, included=False),
         dict(code="B", rate_bp=1001, included=False, ncm="85", base_bp=6667)]

# Each at a number of its own, and whether the rules of the shop hold there.
ADDRESSES = [(RORAIMA, True), ({**RORAIMA, "postal_code": "69309-000"}, True),
             (support.ADDRESS, False)]


def rules():
    return Rules(GOODS, COUPONS, FREIGHT, TAXES)


def refusal_in(answer):
    """The code of an answer that refuses, or None."""
    return None if answer.ok else answer.json()["code"]


def ahead_of(item):
    """How many can be ordered of it that are not there, or None."""
    return item["ahead"] and item["ahead"]["pieces"]


def altered(body):
    """Another body that makes sense as well; None where there is none."""
    if "quantity" in body:
        return {**body, "quantity": body["quantity"] + (-1 if body["quantity"] < 0 else 1)}
    return {**body, "items": body["items"] * 2} if "items" in body else None


class Walk:
    """draw draws what is done. staff may do everything; buyers have the numbers that the model knows
    them by."""

    # How often each is done.
    OPERATIONS = {
        "quote": 4, "order": 12, "order_as_quoted": 3, "send_again": 3, "cancel": 3,
        "cancel_by_staff": 3, "send_elsewhere": 3, "begin_payment": 9, "confirm": 9, "expire": 1,
        "ship": 4, "ship_part": 8, "deliver": 3, "deliver_parcel": 6, "take_back": 8, "note": 2,
        "receive": 4, "adjust": 3, "count": 2, "transfer": 3, "reorder": 1, "set_low": 1,
        "set_ahead": 4, "sell_out": 3,
        "replace_cart": 2, "change_cart": 2, "merge_cart": 2, "change_coupon": 3, "end_coupon": 1,
        "reprice": 2, "withdraw": 3, "recompose": 1}

    def __init__(self, seed, shop, model, staff, buyers):
        self.draw = random.Random(seed)
        self.shop, self.model, self.rules = shop, model, shop.rules
        self.staff, self.buyers = staff, buyers
        self.sent, self.quoted = [], {}

    def run(self, steps):
        names, weights = zip(*self.OPERATIONS.items())
        for number in range(steps):
            self.step(number, self.draw.choices(names, weights)[0])

    def step(self, number, name):
        print(number, name)  # shown where it fails
        getattr(self, name)()
        self.tell_ready()

    # Agreeing --------------------------------------------------------------------------------

    @staticmethod
    def agree(answer, refusal):
        assert refusal_in(answer) == refusal, (answer.request.body, answer.text)

    def post(self, client, path, body):
        """With a key, and kept to be sent again."""
        key = str(uuid.uuid4())
        answer = client.post(path, body, key=key)
        if answer.ok:
            self.sent.append((client, path, body, key, answer))
        return answer

    def send_again(self):
        if not self.sent:
            return
        client, path, body, key, first = self.draw.choice(self.sent[-50:])
        again = client.post(path, body, key=key)
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again.headers["Idempotent-Replayed"] == "true"
        if altered(body):
            self.agree(client.post(path, altered(body), key=key), "idempotency_key_reused")

    def change(self, name, answer, refusal):
        """Of an order."""
        self.agree(answer, refusal)
        self.compare_order(name)

    def tell_ready(self):
        """The job tells of orders whose last piece has come, if the timer's did not before."""
        if self.model.ready():
            assert support.run_job("webhooks").returncode == 0
            self.model.tell_ready()

    # Choosing --------------------------------------------------------------------------------

    def pieces(self):
        return self.draw.choice([1, 2, 7, 40, 300, 1200])

    def place(self):
        return self.draw.choice(list(self.model.places))

    def name(self, fits=lambda order: True):
        """An order, mostly one that fits; None where there is none."""
        every = list(self.model.orders)[-40:]
        fitting = [name for name in every if fits(self.model.orders[name])]
        if fitting and self.draw.random() < 0.9:
            return self.draw.choice(fitting)
        return self.draw.choice(every) if every else None

    def some(self, goods):
        """[(good, pieces)]: some of some of them, now and then too much or what is not there."""
        if self.draw.random() < 0.1:
            goods = goods + Counter({self.draw.randrange(len(GOODS)): 2})
        chosen = self.draw.sample(sorted(goods), self.draw.randint(1, len(goods))) if goods else [CUP]
        return [(good, self.draw.randint(1, goods[good] or 1)) for good in chosen]

    def buyer_of(self, name):
        return self.buyers[self.model.orders[name].buyer]

    def cart(self, *pieces):
        return [(self.draw.randrange(len(GOODS)), self.draw.choice(pieces))
                for _ in range(self.draw.choice([1, 1, 2, 3, 4]))]

    def wish(self):
        """A buyer's number, and what is wanted: cart, coupons, freight service."""
        newest = range(len(self.shop.coupons))[-7:]
        return (self.draw.randrange(len(self.buyers)), self.cart(1, 1, 2, 3, 7, 40, 300),
                self.draw.choices(newest, k=self.draw.choice([0, 0, 1, 1, 1, 2])),
                self.draw.randrange(len(FREIGHT)))

    # Buying ----------------------------------------------------------------------------------

    def quote(self):
        buyer, cart, coupons, service = self.wish()
        answer = self.buyers[buyer].post("/v1/quotes", self.shop.body(cart, coupons, service))
        if not self.refused(answer, buyer, cart, coupons):
            totals = self.rules.totals(cart, coupons, service)
            assert answer.json()["totals"] == totals
            assert [(i["available"], ahead_of(i)) for i in answer.json()["items"]] == [
                (self.model.left(good), self.model.later(good)) for good, _ in cart]
            self.quoted[buyer] = cart, coupons, service, totals

    def refused(self, answer, buyer, cart, coupons):
        """Whether what it holds is against it."""
        faults = self.model.faults(buyer, cart, coupons)
        if faults:
            problem = support.assert_problem(answer, 422, "validation_failed")
            assert [(e["pointer"], e["code"]) for e in problem["errors"]] == faults
        return bool(faults)

    def order(self):
        self.send_order(*self.wish())

    def order_as_quoted(self):
        if self.quoted:
            buyer = self.draw.choice(sorted(self.quoted))
            self.send_order(buyer, *self.quoted.pop(buyer))

    def send_order(self, buyer, cart, coupons, service, seen=None):
        """seen: totals that the buyer expects."""
        body = self.shop.body(cart, coupons, service)
        if seen:
            body["expected_totals"] = seen
        answer = self.post(self.buyers[buyer], "/v1/orders", body)
        if self.refused(answer, buyer, cart, coupons):
            return
        totals, short = self.rules.totals(cart, coupons, service), self.model.shortage(cart)
        if seen and seen != totals:
            problem = support.assert_problem(answer, 409, "totals_changed")
            assert problem["changed"] == {member: {"old": seen[member], "new": totals[member]}
                                          for member in totals if totals[member] != seen[member]}
        elif short:
            problem = support.assert_problem(answer, 409, "insufficient_stock", short[0])
            assert (problem["variant_id"], problem["available"]) == (
                self.shop.variants[short[1]], short[2])
        else:
            self.placed(answer, Order(buyer, cart, coupons, totals, RORAIMA))

    def placed(self, answer, order):
        self.agree(answer, None)
        name = answer.json()["id"]
        self.model.place(name, order)
        self.compare_order(name)

    # Orders ----------------------------------------------------------------------------------

    def cancel(self):
        name = self.name(lambda order: order.status == "pending")
        if name:
            self.change(name, self.buyer_of(name).post(f"/v1/orders/{name}/cancel"),
                        self.model.cancel(name, staff=False))

    def cancel_by_staff(self):
        name = self.name(lambda order: order.status in ("pending", "paid"))
        if name:
            self.change(name, self.staff.post(f"/v1/orders/{name}/cancel", {"reason": "engano"}),
                        self.model.cancel(name, staff=True))

    def send_elsewhere(self):
        name = self.name(lambda order: order.status == "pending")
        if not name or all(map(self.rules.is_digital, self.model.orders[name].sold)):
            return
        address, at_home = self.draw.choice(ADDRESSES)
        address = {**address, "number": str(self.draw.randint(1, 999))}
        client = self.draw.choice([self.staff, self.buyer_of(name)])
        self.change(name, client.patch(f"/v1/orders/{name}", {"shipping_address": address}),
                    self.model.send_elsewhere(name, address, at_home))

    def begin_payment(self):
        name = self.name(lambda order: order.status == "pending" and not order.payment)
        if name:
            self.change(name, self.post(
                self.buyer_of(name), f"/v1/orders/{name}/payments",
                {"gateway": "manual", "method": "bank_transfer"}), self.model.begin_payment(name))

    def confirm(self):
        name = self.name(lambda order: order.payment == "pending")
        if not name:
            return
        payments = self.staff.get(f"/v1/orders/{name}/payments").json()["data"]
        order = self.model.orders[name]
        assert [p["status"] for p in payments] == (
            ["canceled"] * order.given_up + [order.payment] * bool(order.payment))
        for payment in payments[order.given_up:]:
            assert payment["amount"] == order.totals["total"]
            self.change(name, self.staff.post(f"/v1/payments/{payment['id']}/confirm"),
                        self.model.confirm(name))

    def expire(self):
        names = [name for name in self.model.orders if self.model.orders[name].status == "pending"]
        names = sorted(self.draw.sample(names, min(len(names), 2)))  # as they become expired
        listed = ", ".join(f"'{name}'" for name in names)
        if names:
            support.rows("UPDATE sales.orders SET expires_at = now() - interval '1 second'"
                         f" WHERE id IN ({listed})")
            assert support.run_job("expire").returncode == 0
        for name in names:
            assert self.model.become(name, "expired") is None
            self.compare_order(name)

    def ship(self):
        name = self.name(lambda order: order.status == "paid")
        if name:
            self.change(name, self.staff.post(f"/v1/orders/{name}/ship"), self.model.ship(name))

    def ship_part(self):
        name = self.name(lambda order: order.status == "paid")
        if name:
            order = self.model.orders[name]
            items = self.some(order.sold - order.shipped())
            self.change(name, self.post(self.staff, f"/v1/orders/{name}/shipments", {
                "carrier": "Correios", "items": self.shop.items(items)}),
                self.model.ship(name, items))

    def deliver(self):
        name = self.name(lambda order: order.status == "shipped")
        if name:
            self.change(name, self.staff.post(f"/v1/orders/{name}/deliver"),
                        self.model.deliver(name))

    def deliver_parcel(self):
        name = self.name(lambda order: order.status in ("paid", "shipped")
                         and not all(parcel["delivered"] for parcel in order.parcels))
        parcels = self.staff.get(f"/v1/orders/{name}").json()["shipments"] if name else []
        if parcels:
            number = self.draw.randrange(len(parcels))
            path = f"/v1/orders/{name}/shipments/{parcels[number]['id']}/deliver"
            self.change(name, self.staff.post(path), self.model.deliver(name, number))

    def take_back(self):
        name = self.name(lambda order: order.shipped() - order.returned())
        if not name:
            return
        order, restock = self.model.orders[name], self.draw.random() < 0.7
        items = self.draw.choice([None, self.some(order.shipped() - order.returned())])
        body = {"restock": restock, "reason": "arrependimento"}
        if items:
            body["items"] = self.shop.items(items)
        self.change(name, self.post(self.staff, f"/v1/orders/{name}/returns", body),
                    self.model.take_back(name, items, restock))

    def note(self):
        name = self.name()
        if name:
            answer = self.staff.post(f"/v1/orders/{name}/notes", {"note": "ligou às 15 h"})
            self.agree(answer, None)
            self.model.orders[name].notes += 1
            notes = self.staff.get(f"/v1/orders/{name}/notes?limit=100").json()["data"]
            assert len(notes) == self.model.orders[name].notes and notes[0] == answer.json()

    # Stock -----------------------------------------------------------------------------------

    def move(self, kind, unit, place, quantity, change):
        self.moved(self.post(self.staff, "/v1/stock/movements", {
            "variant_id": self.shop.variants[unit], "kind": kind, "quantity": quantity,
            "location": place}), lambda: self.model.change(kind, unit, place, change))

    def moved(self, answer, change):
        """change: what the model makes of it."""
        self.agree(answer, change())

    def receive(self):
        pieces = self.pieces()
        self.move("receive", self.draw.choice(UNITS), self.place(), pieces, pieces)

    def adjust(self):
        pieces = -self.pieces()
        self.move("adjust", self.draw.choice(UNITS), self.place(), pieces, pieces)

    def count(self):
        unit, place = self.draw.choice(UNITS), self.place()
        on_hand, _ = self.model.levels[unit][place]
        counted = max(0, on_hand + self.draw.randint(-9, 9))
        self.move("count", unit, place, counted, counted - on_hand)

    def sell_out(self):
        """Nothing stays that is not promised."""
        unit = self.draw.choice(UNITS)
        for place in self.model.places:
            on_hand, reserved = self.model.levels[unit][place]
            if on_hand > reserved:
                self.move("count", unit, place, reserved, reserved - on_hand)

    def transfer(self):
        unit, pieces = self.draw.choice(UNITS), self.pieces()
        source, target = self.draw.sample(list(self.model.places), 2)
        self.moved(self.post(self.staff, "/v1/stock/transfers", {
            "variant_id": self.shop.variants[unit], "from": source, "to": target,
            "quantity": pieces}), lambda: self.model.transfer(unit, source, target, pieces))

    def reorder(self):
        place, position = self.place(), self.draw.randint(0, 5)
        self.agree(self.staff.put(f"/v1/stock/locations/{place}", {
            "name": place, "position": position}), None)
        self.model.places[place] = position

    def set_low(self):
        unit, low = self.draw.choice(UNITS), self.draw.choice([None, 0, 1, 50, 500])
        self.agree(self.staff.patch(f"/v1/stock/{self.shop.variants[unit]}", {"low_below": low}), None)
        self.model.low[unit] = low

    def set_ahead(self):
        unit, pieces = self.draw.choice(UNITS), self.draw.choice([1, 5, 50, 400, 1500])
        setting = self.draw.choice([
            None, {"pieces": pieces, "days": self.draw.randint(0, 365)},
            {"pieces": pieces, "date": f"{2100 + self.draw.randrange(50)}-02-28"}])
        self.shop.patch(f"/v1/products/{self.shop.products[unit]}", sell_ahead=setting)
        self.model.set_ahead(unit, setting)

    # Carts -----------------------------------------------------------------------------------

    def replace_cart(self):
        self.fill("put", "", "replace", self.cart(1, 2, 9000) if self.draw.random() < 0.9 else [])

    def change_cart(self):
        self.fill("patch", "", "change", self.cart(0, 0, 1, 5))

    def merge_cart(self):
        self.fill("post", "/merge", "merge", self.cart(1, 3, 40))

    def fill(self, method, path, how, cart):
        buyer = self.draw.randrange(len(self.buyers))
        answer = getattr(self.buyers[buyer], method)(
            f"/v1/carts/current{path}", {"items": self.shop.items(cart)})
        pointer = self.model.change_cart(buyer, how, cart)
        if pointer:
            support.assert_problem(answer, 422, "unknown_variant", pointer)
        else:
            self.agree(answer, None)
        self.compare_cart(buyer)

    # What the shop sets up -------------------------------------------------------------------

    def coupon(self):
        """One that there is."""
        return self.draw.choice([number for number, coupon in enumerate(self.rules.coupons)
                                 if not coupon.get("gone")])

    def change_coupon(self):
        number = self.coupon()
        fields = self.draw.choice([
            {"max_uses": self.draw.choice([None, 1, 5, 20])}, {"minimum": self.draw.choice([0, 5000])},
            {"max_uses_per_customer": self.draw.choice([None, 1, 3])},
            {"stackable": self.draw.random() < 0.5}, {"limited": self.draw.random() < 0.5},
            {"value": self.draw.randint(1, 10_000)}])
        if "value" in fields and self.rules.coupons[number]["kind"] == "freight":
            fields = {"stackable": True}
        self.shop.change_coupon(number, **fields)

    def end_coupon(self):
        """One goes, another one comes."""
        number = self.coupon()
        path = f"/v1/coupons/{self.shop.coupons[number]['id']}"
        self.agree(self.staff.delete(path), None)
        used = self.model.uses(number) > 0
        self.rules.coupons[number]["ended" if used else "gone"] = True
        assert self.staff.get(path).status_code == (200 if used else 404)
        fresh = dict(self.draw.choice(COUPONS))
        self.shop.add_coupon(fresh)
        self.rules.coupons.append(fresh)

    def reprice(self):
        self.shop.reprice(self.draw.randrange(len(GOODS)), self.draw.randint(0, 9999))

    def withdraw(self):
        """What is sold no longer is sold again soon."""
        good = next(iter(self.model.withdrawn), None)
        if good is None and self.draw.random() < 0.3:
            good = self.draw.choice([KIT, PAN, BOOK])
        if good is not None:
            self.model.withdrawn ^= {good}
            self.shop.patch(f"/v1/products/{self.shop.products[good]}",
                            status="archived" if good in self.model.withdrawn else "active")

    def recompose(self):
        parts = {CUP: self.draw.randint(1, 3), PLATE: self.draw.randint(1, 2)}
        self.shop.patch(f"/v1/products/{self.shop.products[KIT]}", parts=self.shop.parts(parts))
        self.rules.goods[KIT]["parts"] = parts

    # Comparing -------------------------------------------------------------------------------

    def goods(self, items):
        return Counter({self.shop.variants.index(i["variant_id"]): i["quantity"] for i in items})

    def compare_order(self, name):
        self.tell_ready()
        order, told = self.model.orders[name], self.buyer_of(name).get(f"/v1/orders/{name}").json()
        assert (told["status"], told["totals"]) == (order.status, order.totals)
        assert [step["to"] if step["event"] == "status" else step["event"]
                for step in told["history"]] == ["pending", *order.events[1:]]
        waiting = self.model.yet_to_come().get(name, {})
        assert [i["ahead"] and (i["ahead"]["pieces"], i["ahead"]["yet_to_come"])
                for i in told["items"]] == [
            (order.ahead[line], waiting.get(line, 0)) if line in order.ahead else None
            for line in range(len(order.cart))]
        assert self.goods(told["shipped_items"]) == order.shipped()
        assert self.goods(told["returned_items"]) == order.returned()
        assert [(self.goods(p["items"]), p["delivered_at"] is not None)
                for p in told["shipments"]] == [(p["goods"], p["delivered"]) for p in order.parcels]
        assert [(self.goods(r["items"]), r["restocked"]) for r in told["returns"]] == order.returns
        assert (told["shipping_address"]["postal_code"], told["shipping_address"]["number"]) == (
            order.address["postal_code"].replace("-", ""), order.address["number"])

    def compare_cart(self, buyer):
        told = self.buyers[buyer].get("/v1/carts/current").json()
        lines = self.model.cart_lines(buyer)
        assert [(self.shop.variants.index(i["variant_id"]), i["quantity"], i["unit_price"],
                 i["unit_price_when_added"], i["available"], ahead_of(i), i["changes"])
                for i in told["items"]] == lines
        assert told["items_total"] == sum(n * (price or 0) for _, n, price, *_ in lines)

    def compare_stock(self):
        for unit in UNITS:
            told = self.staff.get(f"/v1/stock/{self.shop.variants[unit]}").json()
            lies = {p["location"]: [p["on_hand"], p["reserved"]] for p in told["locations"]}
            assert {place: lies.get(place, [0, 0]) for place in self.model.places} == {
                place: self.model.levels[unit][place] for place in self.model.places}
            assert told["available"] == self.model.available(unit)
            ahead = self.model.ahead.get(unit)
            assert (told["ahead"] and (told["ahead"]["pieces"], told["ahead"]["owed"])) == (
                (self.model.to_come(unit), self.model.owed(unit)) if ahead and ahead.allowed else None)
            low = self.model.low.get(unit)
            assert told["low_below"] == (5 if low is None else low)

    def compare_coupons(self):
        for number, coupon in enumerate(self.shop.coupons):
            if not self.rules.coupons[number].get("gone"):
                told = self.staff.get(f"/v1/coupons/{coupon['id']}").json()
                assert told["uses"] == self.model.uses(number)
