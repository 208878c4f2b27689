"""Several buyers and clerks at once, each with orders of its own and all with the same stock, coupons
and prices: each order becomes what its model says, and what all did together is what is there."""
import concurrent.futures
import copy
import random

import pytest

import support
from sales_model import Model, Order
from sales_walk import SEED, STEPS, UNITS, Walk, refusal_in, rules
from test_concurrency import copies
from test_sales_model import every, places, shop  # noqa: F401 (fixtures)
from totals import RORAIMA

WORKERS = 6
PAYMENT = {"gateway": "manual", "method": "bank_transfer"}
RETURN = {"restock": True, "reason": "arrependimento"}


class Own(Model):
    """What one of many does. Whether there is enough for it, only the shop can know."""

    def free(self, unit, place):
        return float("inf")


# Changes of an order: who asks, where, with what, and what the model makes of it.
CHANGES = {
    "cancel": ("buyer", "/v1/orders/{order}/cancel", None,
               lambda model, name: model.cancel(name, False)),
    "cancel_by_staff": ("staff", "/v1/orders/{order}/cancel", None,
                        lambda model, name: model.cancel(name, True)),
    "begin": ("buyer", "/v1/orders/{order}/payments", PAYMENT, Model.begin_payment),
    "confirm": ("staff", "/v1/payments/{payment}/confirm", None, Model.confirm),
    "ship": ("staff", "/v1/orders/{order}/ship", None, Model.ship),
    "deliver": ("staff", "/v1/orders/{order}/deliver", None, Model.deliver),
    "take_back": ("staff", "/v1/orders/{order}/returns", RETURN,
                  lambda model, name: model.take_back(name, None, True)),
}
# Of an order with a status, what two may want to do with it at the same moment.
DUELS = {
    "pending": [("begin", "begin"), ("begin", "cancel"), ("cancel", "cancel"),
                ("confirm", "cancel"), ("confirm", "confirm"), ("confirm", "cancel_by_staff")],
    "paid": [("ship", "ship"), ("ship", "cancel_by_staff"), ("ship", "cancel"),
             ("cancel_by_staff", "cancel_by_staff"), ("ship", "take_back")],
    "shipped": [("deliver", "deliver"), ("deliver", "take_back")],
    "delivered": [("take_back", "take_back")],
}


class Worker(Walk):
    """A buyer and a clerk, with two connections each. prices: {good: all that it has had}."""

    OPERATIONS = {
        "order": 12, "order_twice": 4, "send_again": 3, "cancel": 2, "cancel_by_staff": 2,
        "send_elsewhere": 2, "begin_payment": 6, "confirm": 6, "expire": 1, "ship": 2, "ship_part": 5,
        "deliver": 2, "deliver_parcel": 3, "take_back": 5, "receive": 6, "adjust": 3,
        "transfer": 4, "reorder": 1, "change_coupon": 2, "reprice": 2, "duel": 14}

    def __init__(self, seed, shop, model, staff, buyer, prices):
        self.hands = [{"staff": s, "buyer": b} for s, b in zip(copies(staff, 2), copies(buyer, 2))]
        super().__init__(seed, shop, model, self.hands[0]["staff"], [self.hands[0]["buyer"]])
        self.prices = prices

    def pieces(self):
        return self.draw.choice([1, 2, 3, 5, 9])

    def moved(self, answer, change):
        if answer.ok:
            change()
        else:
            self.agree(answer, "insufficient_stock")

    def wish(self):
        """No coupon but such as is refused only for having been used."""
        return (0, self.cart(1, 1, 2, 3), self.draw.choice([[], [], [0], [2], [3], [5]]),
                self.draw.randrange(2))

    def send_order(self, buyer, cart, coupons, service, seen=None):
        self.answered(self.post(self.buyers[0], "/v1/orders", self.shop.body(
            cart, coupons, service)), cart, coupons, service)

    def answered(self, answer, cart, coupons, service):
        own = [c for c in coupons if self.model.uses(c) >= (
            self.rules.coupons[c].get("max_uses_per_customer") or float("inf"))]
        if answer.ok:
            prices = [item["unit_price"] for item in answer.json()["items"]]
            assert all(price in self.prices[good] for (good, _), price in zip(cart, prices))
            assert not own
            totals = self.rules.totals(cart, coupons, service, prices)
            self.placed(answer, Order(0, cart, coupons, totals, RORAIMA))
            return
        problem = answer.json()
        code = problem["errors"][0]["code"] if answer.status_code == 422 else problem["code"]
        if code == "insufficient_stock":
            unit = self.shop.variants.index(problem["variant_id"])
            assert problem["available"] < self.model.needs(cart)[unit]
        else:
            assert coupons and code in ("coupon_used_up", *["coupon_used_by_you"][:len(own)])

    def order_twice(self):
        """One order, sent twice at the same moment: it is made once."""
        _, *wanted = self.wish()
        body, key = self.shop.body(*wanted), support.unique()
        answers = support.at_once(*[
            lambda hand=hand: hand["buyer"].post("/v1/orders", body, key=key)
            for hand in self.hands])
        answers = [a for a in answers if refusal_in(a) != "idempotency_key_in_use"]
        made = [a.json() for a in answers if a.ok]
        assert answers and made in ([], made[:1], made[:1] * 2)
        self.answered(max(answers, key=lambda answer: answer.ok), *wanted)

    def change_coupon(self):
        number = self.draw.choice([2, 5])
        self.shop_patch(f"/v1/coupons/{self.shop.coupons[number]['id']}",
                        max_uses=self.draw.choice([None, 1, 5, 20]))

    def reprice(self):
        good, price = self.draw.randrange(len(self.prices)), self.draw.randint(0, 9999)
        self.prices[good].add(price)
        self.shop_patch(f"/v1/products/{self.shop.products[good]}", price=price)

    def shop_patch(self, path, **fields):
        assert self.staff.patch(path, fields).status_code == 200

    # Two at once -----------------------------------------------------------------------------

    def duel(self):
        """The answers are those to one after the other, in either sequence."""
        name = self.name(lambda order: order.status in DUELS)
        order = self.model.orders.get(name)
        if not order or order.status not in DUELS:
            return
        pair = self.draw.choice([pair for pair in DUELS[order.status]
                                 if order.payment or "confirm" not in pair])
        told = [refusal_in(answer) for answer in support.at_once(*[
            self.asking(hand, change, name) for hand, change in zip(self.hands, pair)])]
        status = self.staff.get(f"/v1/orders/{name}").json()["status"]
        fitting = [sequence for sequence in ((0, 1), (1, 0))
                   if self.fits(name, pair, sequence, told, status)]
        assert fitting, (pair, order.status, told, status)
        self.outcome(self.model, name, pair, fitting[0])
        self.compare_order(name)

    def fits(self, name, pair, sequence, told, status):
        """Answers alone may be those to both sequences, where it then stands differs."""
        model = copy.deepcopy(self.model)
        return (self.outcome(model, name, pair, sequence) == told
                and model.orders[name].status == status)

    def asking(self, hand, change, name):
        who, path, body, _ = CHANGES[change]
        payments = self.staff.get(f"/v1/orders/{name}/payments").json()["data"]
        path = path.format(order=name, payment=payments[0]["id"] if payments else None)
        return lambda: hand[who].post(path, body, key=True if body else None)

    @staticmethod
    def outcome(model, name, pair, sequence):
        """What the model says to both, done in that sequence."""
        refusals = {at: CHANGES[pair[at]][3](model, name) for at in sequence}
        return [refusals[0], refusals[1]]


def summed_up(entries):
    """[(key, [on hand, reserved])], added up by key; without what comes to nothing."""
    sums = {}
    for key, (on_hand, reserved) in entries:
        before = sums.get(key, (0, 0))
        sums[key] = before[0] + on_hand, before[1] + reserved
    return {key: both for key, both in sums.items() if any(both)}


def ledger_of(admin, shop):
    return summed_up(
        ((unit, row["kind"], row["order_id"]), (row["on_hand"], row["reserved"]))
        for unit in UNITS for row in every(admin, f"/v1/stock/{shop.variants[unit]}/movements"))


def check_what_is_left_can_be_bought(buyer, admin, shop):
    """Now that all is quiet: to the last piece, and not one more."""
    for unit in UNITS:
        left = admin.get(f"/v1/stock/{shop.variants[unit]}").json()["available"]
        answers = [buyer.post("/v1/orders", shop.body([(unit, n)]), key=True) for n in (left, 1) if n]
        assert [refusal_in(answer) for answer in answers] \
            == [None] * bool(left) + ["insufficient_stock"], left


@pytest.fixture
def workers(admin, shop, places):
    for place in places:
        assert admin.put(f"/v1/stock/locations/{place}", {"name": place}).status_code == 200
    draw, prices = random.Random(SEED), [{good["price"]} for good in shop.rules.goods]
    units = sorted(UNITS, key=lambda unit: shop.variants[unit])
    return [Worker(draw.random(), shop, Own(shop.rules, units, dict.fromkeys(places, 0)), admin,
                   support.register(), prices) for _ in range(WORKERS)]


def test_what_many_do_at_once_adds_up(admin, shop, workers):
    print("seed", SEED)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(worker.run, STEPS // 5) for worker in workers]:
            done.result()
    for worker in workers:
        for name in worker.model.orders:
            worker.compare_order(name)
    assert ledger_of(admin, shop) == summed_up(
        ((unit, kind, order), both) for worker in workers
        for (unit, _, kind, order), both in worker.model.ledger.items())
    for unit in UNITS:
        told = admin.get(f"/v1/stock/{shop.variants[unit]}").json()
        both = [sum(sums) for sums in zip(*[
            level for worker in workers for level in worker.model.levels[unit].values()])]
        assert [told["on_hand"], told["reserved"]] == both
    for number, coupon in enumerate(shop.coupons):
        told = admin.get(f"/v1/coupons/{coupon['id']}").json()
        assert told["uses"] == sum(worker.model.uses(number) for worker in workers)
    check_what_is_left_can_be_bought(workers[0].buyers[0], admin, shop)
    assert support.rows("SELECT * FROM sales.integrity") == []
    assert support.rows("SELECT * FROM products.stock_integrity") == []
