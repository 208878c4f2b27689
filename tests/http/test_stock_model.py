"""Stock beside a model of it that is simple enough to be believed: whatever is done in whatever order,
the API says what the model says."""
import datetime
import random

import pytest

import support

STEPS = 250


class Model:
    """What lies where of a few products: {product: {location: [on hand, reserved]}}; locations in
    the order in which orders take from them. Orders: {id: {(product, location): pieces}}, where the
    location "expected" stands for pieces that were sold before they were there. Of these the model
    only counts how many have not come: {product: pieces that wait}."""

    def __init__(self, products, locations):
        self.stock = {p: {place: [0, 0] for place in locations} for p in products}
        self.open, self.paid = {}, {}
        self.owed = dict.fromkeys(products, 0)
        self.said = {}  # how the product says that it is sold ahead
        self.ahead = {}  # {product: how many may wait, what has come of them (None: not counted)}
        self.shelf = dict.fromkeys(products, "main")

    def free(self, product, place):
        on_hand, reserved = self.stock[product][place]
        return on_hand - reserved

    def available(self, product):
        return sum(self.free(product, place) for place in self.stock[product])

    def allowed(self, product):
        pieces, come = self.ahead.get(product, (0, None))
        return max(pieces - (come or 0), self.owed[product])

    def left(self, product):
        """What can be ordered, at hand or not."""
        return self.available(product) + self.allowed(product) - self.owed[product]

    def serve(self, product):
        """Those who wait have what is at hand; what nobody waits for any more is."""
        if self.owed[product] < 0:
            self.stock[product][self.shelf[product]][0] -= self.owed[product]
            self.owed[product] = 0
        for place in self.stock[product]:
            part = min(self.owed[product], self.free(product, place))
            if part > 0:
                self.stock[product][place][0] -= part
                self.owed[product] -= part
                self.shelf[product] = place

    def allow(self, product, pieces, counted):
        said = pieces and (pieces, counted)
        if self.said.get(product) == said:
            return
        self.said[product] = said
        if pieces is not None:
            self.ahead[product] = [pieces, 0 if counted else None]
        elif product in self.ahead:
            self.ahead[product][0] = 0

    def receive(self, product, place, pieces):
        if product in self.ahead:
            if self.ahead[product][1] is not None:
                self.ahead[product][1] += pieces
            self.shelf[product] = place
        aside = min(pieces, self.owed[product])
        self.owed[product] -= aside
        self.stock[product][place][0] += pieces - aside
        return True

    def change(self, product, place, pieces):
        """Whether so many can come or go."""
        if self.free(product, place) + pieces < 0:
            return False
        self.stock[product][place][0] += pieces
        self.serve(product)
        return True

    def count(self, product, place, pieces):
        return self.change(product, place, pieces - self.stock[product][place][0])

    def transfer(self, product, source, target, pieces):
        if self.free(product, source) < pieces:
            return False
        self.stock[product][source][0] -= pieces
        self.stock[product][target][0] += pieces
        return True

    def picks(self, product, pieces):
        places = self.stock[product]
        whole = [place for place in places if self.free(product, place) >= pieces]
        taken = {}
        for place in whole[:1] or places:
            part = min(pieces, self.free(product, place))
            if part:
                taken[product, place] = part
                pieces -= part
        if pieces:
            taken[product, "expected"] = pieces
        return taken

    def order(self, lines):
        """What the order would take from where; None where that is too much."""
        wanted = {}
        for product, pieces in lines:
            wanted[product] = wanted.get(product, 0) + pieces
        if any(self.left(product) < pieces for product, pieces in wanted.items()):
            return None
        return {where: n for product, pieces in wanted.items()
                for where, n in self.picks(product, pieces).items()}

    def place(self, order, taken):
        for (product, place), pieces in taken.items():
            if place == "expected":
                self.owed[product] += pieces
            else:
                self.stock[product][place][1] += pieces
        self.open[order] = taken

    def close(self, order, sold):
        taken = self.open.pop(order)
        for (product, place), pieces in taken.items():
            if place != "expected":
                self.stock[product][place][1] -= pieces
                self.stock[product][place][0] -= pieces if sold else 0
            elif not sold:
                self.owed[product] -= pieces
        if sold:
            self.paid[order] = taken
        else:
            self.serve_all(taken)

    def give_back(self, order):
        taken = self.paid.pop(order)
        for (product, place), pieces in taken.items():
            if place == "expected":
                self.owed[product] -= pieces
            else:
                self.stock[product][place][0] += pieces
        self.serve_all(taken)

    def serve_all(self, taken):
        for product, _ in taken:
            self.serve(product)


class Walk:
    """Random steps, each done by the shop and by the model."""

    def __init__(self, seed, staff, buyer, products, locations):
        """products: {variant: product}"""
        self.draw = random.Random(seed)
        self.staff, self.buyer = staff, buyer
        self.products, self.locations = list(products), locations
        self.product_of = products
        self.model = Model(products, locations)

    def step(self):
        getattr(self, self.draw.choices(
            ["receive", "adjust", "count", "transfer", "order", "cancel", "pay", "undo", "allow"],
            [3, 2, 2, 3, 8, 3, 3, 1, 2])[0])()

    def product(self):
        return self.draw.choice(self.products)

    def place(self):
        return self.draw.choice(self.locations)

    def pieces(self):
        return self.draw.choice([1, 2, 7, 40, 300, 1200])

    def move(self, kind, product, place, quantity, fits):
        answer = self.staff.post("/v1/stock/movements", key=True, body={
            "variant_id": product, "kind": kind, "quantity": quantity, "location": place})
        assert answer.status_code == (201 if fits else 409), answer.text

    def receive(self):
        product, place, pieces = self.product(), self.place(), self.pieces()
        self.move("receive", product, place, pieces, self.model.receive(product, place, pieces))

    def adjust(self):
        product, place, pieces = self.product(), self.place(), -self.pieces()
        self.move("adjust", product, place, pieces, self.model.change(product, place, pieces))

    def count(self):
        product, place = self.product(), self.place()
        pieces = max(0, self.model.stock[product][place][0] + self.draw.randint(-9, 9))
        self.move("count", product, place, pieces, self.model.count(product, place, pieces))

    def transfer(self):
        product, pieces = self.product(), self.pieces()
        source, target = self.draw.sample(self.locations, 2)
        answer = self.staff.post("/v1/stock/transfers", key=True, body={
            "variant_id": product, "from": source, "to": target, "quantity": pieces})
        fits = self.model.transfer(product, source, target, pieces)
        assert answer.status_code == (201 if fits else 409), answer.text

    def order(self):
        lines = [(self.product(), self.pieces()) for _ in range(self.draw.randint(1, 3))]
        answer = self.buyer.post("/v1/orders", key=True, body={
            "items": [{"variant_id": p, "quantity": n} for p, n in lines],
            "shipping_address": support.ADDRESS})
        taken = self.model.order(lines)
        assert answer.status_code == (409 if taken is None else 201), answer.text
        if taken is None:
            problem = answer.json()
            assert problem["available"] == self.model.left(problem["variant_id"])
        else:
            self.model.place(answer.json()["id"], taken)

    def cancel(self):
        if self.model.open:
            order = self.draw.choice(list(self.model.open))
            assert self.buyer.post(f"/v1/orders/{order}/cancel").status_code == 200
            self.model.close(order, False)

    def pay(self):
        if self.model.open:
            order = self.draw.choice(list(self.model.open))
            payment = self.buyer.post(f"/v1/orders/{order}/payments", key=True, body={
                "gateway": "manual", "method": "bank_transfer"}).json()
            answer = self.staff.post(f"/v1/payments/{payment['id']}/confirm")
            assert answer.status_code == 200, answer.text
            self.model.close(order, True)

    def undo(self):
        """Staff cancel what was paid."""
        if self.model.paid:
            order = self.draw.choice(list(self.model.paid))
            assert self.staff.post(f"/v1/orders/{order}/cancel").status_code == 200
            self.model.give_back(order)

    def allow(self):
        product, pieces = self.product(), self.draw.choice([None, 1, 30, 500])
        counted = self.draw.random() < 0.5
        how = ({"date": (datetime.date.today() + datetime.timedelta(9)).isoformat()} if counted
               else {"days": 9})
        answer = self.staff.patch(f"/v1/products/{self.product_of[product]}", {
            "sell_ahead": pieces and {"pieces": pieces, **how}})
        assert answer.status_code == 200, answer.text
        self.model.allow(product, pieces, counted)

    def compare(self):
        for product in self.products:
            level = self.staff.get(f"/v1/stock/{product}").json()
            lies = {place["location"]: [place["on_hand"], place["reserved"]]
                    for place in level["locations"]}
            assert {place: lies.get(place, [0, 0]) for place in self.locations} \
                == self.model.stock[product]
            assert level["available"] == self.model.available(product)
            ahead = level["ahead"] or {"pieces": 0, "owed": 0}
            assert ahead["owed"] == self.model.owed[product]
            assert ahead["pieces"] == self.model.allowed(product) - self.model.owed[product]


@pytest.fixture(scope="module")
def locations(admin):
    """Three, in the order in which orders take from them."""
    codes = sorted(support.unique("modelo") for _ in range(2))
    for position, code in enumerate(codes, 1):
        answer = admin.put(f"/v1/stock/locations/{code}", {"name": code, "position": position})
        assert answer.status_code == 201
    return ["main"] + codes


@pytest.mark.parametrize("seed", [1, 2, random.randrange(1 << 32)])
def test_stock_is_what_its_model_says_after_every_step(admin, make_product, locations, anyone, seed):
    products = [make_product(stock=0) for _ in range(3)]
    walk = Walk(seed, admin, support.register(),
                {p["variants"][0]["id"]: p["id"] for p in products}, locations)
    for number in range(STEPS):
        walk.step()
        if number % 10 == 0:
            walk.compare()
    walk.compare()
    for product in products:
        shown = anyone.get(f"/v1/products/{product['id']}").json()
        available = walk.model.available(product["variants"][0]["id"])
        assert shown["variants"][0]["available"] == available
        assert shown["in_stock"] == (available > 0)
    assert support.rows("SELECT * FROM sales.stock_integrity") == []
    assert support.rows("SELECT * FROM sales.ahead_integrity") == []
