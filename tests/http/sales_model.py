"""A model of orders, stock, coupons and carts that is simple enough to be believed: what the shop
should answer, and how it should look afterwards. Goods, coupons and freight services go by their
numbers (totals.Rules), carts are lists of (good, pieces), buyers are numbered."""
from collections import Counter

from ahead_model import Ahead, Claim

LEGAL = {"pending": {"paid", "canceled", "expired"},
         "paid": {"shipped", "canceled", "refunded", "partially_refunded"},
         "partially_refunded": {"shipped", "refunded", "returned"},
         "shipped": {"delivered", "returned", "refunded"},
         "delivered": {"returned", "refunded", "partially_refunded"}, "returned": {"refunded"}}
EXPECTED = "expected"  # the location of what is sold ahead, which is none for people


def added_up(cart):
    """{good: pieces}, in the order in which goods are named first."""
    pieces = Counter()
    for good, n in cart:
        pieces[good] += n
    return pieces


class Order:
    """What has become of an order. took: {(unit, place): pieces}, held while it is pending, gone
    once it is paid; what came back to the shelf is no longer there."""

    def __init__(self, buyer, cart, coupons, totals, address):
        self.buyer, self.cart, self.coupons, self.totals = buyer, cart, coupons, totals
        self.address, self.status, self.payment = address, "pending", None
        self.given_up = 0  # payments that were canceled for another
        self.back, self.promised = 0, []  # what went back, and what is to go, in refunds
        self.took, self.parcels, self.returns = {}, [], []
        self.events, self.notes = ["placed"], 0
        self.ahead, self.told = {}, False  # {line: pieces sold ahead}; whether it was said to be ready
        self.sold = added_up(cart)

    def shipped(self):
        return sum((parcel["goods"] for parcel in self.parcels), Counter())

    def returned(self):
        return sum((goods for goods, _ in self.returns), Counter())

    def held(self):
        """What has come of its money and is not to go back."""
        return (self.totals["total"] if self.was_paid() else 0) - self.back - sum(self.promised)

    def was_paid(self):
        return self.payment in ("captured", "partially_refunded", "refunded")

    def uses(self, coupon):
        return coupon in self.coupons and self.status not in ("canceled", "expired")


class Model:
    """The shop. Methods that change something return the code of the refusal instead, or None."""

    def __init__(self, rules, units, places):
        """units: the goods with stock of their own, in the order of their variants' ids; places:
        {code: position} of the locations."""
        self.rules, self.units, self.places = rules, units, places
        self.levels = {unit: {place: [0, 0] for place in [*places, EXPECTED]} for unit in units}
        self.ahead = {}  # {unit: Ahead}, of those that ever were
        self.ledger = {}  # {(unit, place, kind, order): [on hand, reserved]}
        self.orders, self.carts, self.low, self.withdrawn = {}, {}, {}, set()

    # Stock -----------------------------------------------------------------------------------

    def move(self, kind, unit, place, on_hand, reserved=0, order=None):
        entry = self.ledger.setdefault((unit, place, kind, order), [0, 0])
        for sums in (entry, self.levels[unit][place]):
            sums[0] += on_hand
            sums[1] += reserved

    def free(self, unit, place):
        on_hand, reserved = self.levels[unit][place]
        return on_hand - reserved

    def available(self, unit):
        return sum(self.free(unit, place) for place in self.places)

    def left(self, good):
        """How many of it are at hand; None where that has no end."""
        if self.rules.is_digital(good):
            return None
        return min(self.available(unit) // n for unit, n in self.rules.parts(good).items())

    def later(self, good):
        """How many can be ordered besides, None for none."""
        if self.rules.is_digital(good):
            return None
        return min((self.available(unit) + self.to_come(unit)) // n
                   for unit, n in self.rules.parts(good).items()) - self.left(good) or None

    def change(self, kind, unit, place, pieces):
        """Pieces come to a place, or go. Those of what is received that somebody waits for do not
        come on the shelf."""
        if self.free(unit, place) + pieces < 0:
            return "insufficient_stock"
        aside = 0
        if kind == "receive" and unit in self.ahead:
            self.ahead[unit].arrived += pieces
            self.ahead[unit].shelf = place
            aside = min(pieces, self.owed(unit))
        if aside:
            self.move(kind, unit, EXPECTED, aside)
        if not aside or pieces > aside:
            self.move(kind, unit, place, pieces - aside)
        return self.serve()

    def transfer(self, unit, source, target, pieces):
        return (self.change("transfer", unit, source, -pieces)
                or self.change("transfer", unit, target, pieces))

    def in_order(self):
        return sorted(self.places, key=lambda place: (self.places[place], place))

    def picks(self, unit, pieces):
        """{place: pieces}: from the first that suffices alone, else from all in their order, and what
        is not there at last."""
        whole = [place for place in self.in_order() if self.free(unit, place) >= pieces]
        taken = {}
        for place in whole[:1] or [*self.in_order(), EXPECTED]:
            taken[place] = min(pieces, self.free(unit, place))
            pieces -= taken[place]
        return {place: n for place, n in taken.items() if n}

    def needs(self, cart):
        """{unit: pieces} that a cart draws on."""
        wanted = Counter()
        for good, n in cart:
            for unit, each in self.rules.parts(good).items():
                wanted[unit] += n * each
        return {unit: wanted[unit] for unit in self.units if wanted[unit]}

    # Selling ahead ---------------------------------------------------------------------------

    def owed(self, unit):
        """How many pieces were sold and have not come."""
        return self.ahead[unit].allowed - self.free(unit, EXPECTED)

    def to_come(self, unit):
        """How many can be sold that are not there."""
        return self.free(unit, EXPECTED) if unit in self.ahead else 0

    def set_ahead(self, unit, setting):
        """setting: {pieces, days} or {pieces, date}; None: no more."""
        if setting or unit in self.ahead:
            self.ahead.setdefault(unit, Ahead()).set(setting)
            self.serve()

    def serve(self):
        """Who waits has what is there; what nobody waits for lies on the shelf."""
        for unit, ahead in self.ahead.items():
            for place in self.in_order():
                pieces = min(self.owed(unit), self.free(unit, place))
                if pieces > 0:
                    self.carry(unit, place, EXPECTED, pieces)
                    ahead.shelf = place
            if self.owed(unit) < 0:
                self.carry(unit, EXPECTED, ahead.shelf, -self.owed(unit))
            room = max(self.owed(unit), ahead.room())
            if room != ahead.allowed:
                self.move("allow", unit, EXPECTED, room - ahead.allowed)
                ahead.allowed = room

    def carry(self, unit, source, target, pieces):
        self.move("transfer", unit, source, -pieces)
        self.move("transfer", unit, target, pieces)

    def promise(self, name, unit, pieces):
        """Pieces that an order was sold ahead: those of its last lines."""
        claims = []
        for line, (good, n) in reversed(list(enumerate(self.orders[name].cart))):
            each = self.rules.parts(good).get(unit, 0)
            mine = min(n * each, pieces)
            pieces -= mine
            if mine:
                claims.insert(0, Claim(name, line, each, mine))
                before = self.orders[name].ahead.get(line, 0)
                self.orders[name].ahead[line] = max(before, -(-mine // each))
        self.ahead[unit].queue += claims

    def forget_ahead(self, name):
        for ahead in self.ahead.values():
            ahead.forget(name)

    def yet_to_come(self):
        """{order: {line: pieces}} of all that was sold ahead and was not given up."""
        found = {}
        for unit, ahead in self.ahead.items():
            for claim, pieces in ahead.waiting(self.owed(unit)):
                lines = found.setdefault(claim.order, Counter())
                lines[claim.line] = max(lines[claim.line], -(-pieces // claim.each))
        return found

    def ready(self):
        """Orders of which all has come since, and nobody has said so."""
        return [name for name, lines in self.yet_to_come().items()
                if not any(lines.values()) and not self.orders[name].told
                and self.orders[name].status != "pending"]

    def tell_ready(self):
        for name in self.ready():
            self.orders[name].told = True
            if "shipped" in LEGAL.get(self.orders[name].status, ()):
                self.orders[name].events.append("ready")

    # Orders ----------------------------------------------------------------------------------

    def uses(self, coupon):
        return sum(order.uses(coupon) for order in self.orders.values())

    def against(self, buyer, cart, coupons, at):
        """What is against a coupon of those that a buyer writes, the one at a position; or None."""
        number = coupons[at]
        coupon = self.rules.coupons[number]
        lines = [line for line in self.rules.lines(cart)
                 if self.rules.is_for(number, line["good"])]
        own = sum(o.uses(number) for o in self.orders.values() if o.buyer == buyer)
        reasons = [
            ("unknown_coupon", coupon.get("gone")),
            ("coupon_twice", number in coupons[:at]),
            ("coupon_ended", coupon.get("ended")),
            ("coupon_used_up", self.uses(number) >= (coupon.get("max_uses") or float("inf"))),
            ("coupon_used_by_you",
             own >= (coupon.get("max_uses_per_customer") or float("inf"))),
            ("coupon_not_for_these", not lines),
            ("coupon_minimum", sum(line["gross"] for line in lines) < coupon.get("minimum", 0)),
            ("coupon_not_stackable", len(coupons) > 1 and not coupon.get("stackable"))]
        return next((code for code, holds in reasons if holds), None)

    def faults(self, buyer, cart, coupons):
        """[(pointer, code)] of what a quote or an order is refused for."""
        unknown = [(f"/items/{at}/variant_id", "unknown_variant")
                   for at, (good, _) in enumerate(cart) if good in self.withdrawn]
        if unknown:
            return unknown
        found = [(f"/coupons/{at}", self.against(buyer, cart, coupons, at))
                 for at in range(len(coupons))]
        return [(pointer, code) for pointer, code in found if code]

    def shortage(self, cart):
        """(pointer, unit, available) of the first unit that a cart wants too much of, or None."""
        for unit, pieces in self.needs(cart).items():
            left = self.available(unit) + self.to_come(unit)
            if left < pieces:
                at = next(at for at, (good, _) in enumerate(cart)
                          if unit in self.rules.parts(good))
                return f"/items/{at}/quantity", unit, left
        return None

    def place(self, name, order):
        self.orders[name] = order
        for unit, pieces in self.needs(order.cart).items():
            for place, n in self.picks(unit, pieces).items():
                self.move("reserve", unit, place, 0, n, name)
                order.took[unit, place] = n
            if (unit, EXPECTED) in order.took:
                self.promise(name, unit, order.took[unit, EXPECTED])

    def become(self, name, status):
        order = self.orders[name]
        before = order.status
        if status not in LEGAL.get(before, ()):
            return "illegal_transition"
        order.status = status
        order.events.append(status)
        if before == "pending":
            self.settle(name, status == "paid")
        elif status == "canceled" or status == "refunded" and not order.parcels:
            self.forget_ahead(name)
            self.give_back(name, order.took)
        elif status == "refunded":
            self.put_unsent_back(name)
        if status == "canceled" and order.held() > 0:
            order.promised.append(order.held())
        return None

    def settle(self, name, sold):
        order = self.orders[name]
        for (unit, place), n in order.took.items():
            self.move("commit" if sold else "release", unit, place, -n if sold else 0, -n, name)
        if not sold:
            order.took = {}
            self.forget_ahead(name)
            self.serve()
        if order.payment:
            order.payment = "captured" if sold else "canceled"

    def give_back(self, name, pieces):
        """Pieces of what an order took go back to where they were."""
        order = self.orders[name]
        for (unit, place), n in dict(pieces).items():
            self.move("return", unit, place, n, 0, name)
            order.took[unit, place] -= n
        order.took = {where: n for where, n in order.took.items() if n}
        self.serve()

    def cancel(self, name, staff):
        order = self.orders[name]
        if order.status == "paid" and (order.parcels or not staff):
            return "partly_shipped" if staff else "illegal_transition"
        return self.become(name, "canceled")

    def begin_payment(self, name):
        order = self.orders[name]
        if order.status != "pending":
            return "order_not_payable"
        if order.payment:
            return "payment_exists"
        order.payment = "pending"
        # What comes to nothing is captured at once.
        return None if order.totals["total"] else self.become(name, "paid")

    def confirm(self, name):
        return (self.become(name, "paid") if self.orders[name].payment == "pending"
                else "payment_not_open")

    def cancel_payment(self, name):
        order = self.orders[name]
        if order.payment != "pending":
            return "payment_not_open"
        order.payment = None
        order.given_up += 1
        return None

    def promise_back(self, name, amount):
        """amount: None for all that is left."""
        order = self.orders[name]
        if not order.was_paid():
            return "payment_not_captured"
        if order.held() <= 0 or amount and amount > order.held():
            return "refund_too_large"
        return order.promised.append(amount or order.held())

    def confirm_refund(self, name, at):
        """The refund at a place among those that are promised."""
        order = self.orders[name]
        order.back += order.promised.pop(at)
        order.payment = "refunded" if order.back == order.totals["total"] else "partially_refunded"
        order.events.append("money_returned")
        if order.status != order.payment:
            self.become(name, order.payment)

    def send_elsewhere(self, name, address, at_home):
        """at_home: whether it goes where the shop's rules hold."""
        order = self.orders[name]
        if order.status != "pending":
            return "order_not_pending"
        moves = address["postal_code"] != order.address["postal_code"]
        if moves and (not at_home or self.withdrawn & set(order.sold)):
            return "address_changes_total"
        order.address = address
        order.events.append("address_changed")
        return None

    # Parcels and returns ---------------------------------------------------------------------

    @staticmethod
    def lacks(order, items, there, code):
        """What is against goods of an order, of which only so many are there."""
        for good, n in added_up(items).items():
            if n > there[good]:
                return code if good in order.sold else "not_in_order"
        return None

    def ship(self, name, items=None):
        """items: [(good, pieces)]; without, all that is left."""
        order = self.orders[name]
        if "shipped" not in LEGAL.get(order.status, ()):
            return "illegal_transition"
        left = order.sold - order.shipped()
        refusal = self.lacks(order, items or [], left, "more_than_left")
        if refusal:
            return refusal
        goods, waiting = added_up(items) if items else left, Counter()
        for line, pieces in self.yet_to_come().get(name, {}).items():
            waiting[order.cart[line][0]] += pieces
        if any(waiting[good] and n > left[good] - waiting[good] for good, n in goods.items()):
            return "not_arrived"
        order.parcels.append({"goods": goods, "delivered": False})
        if goods == left:
            return self.become(name, "shipped")
        return order.events.append("goods_shipped")

    def deliver(self, name, parcel=None):
        """parcel: its number in the order; without, all that are under way."""
        order = self.orders[name]
        under_way = [p for p in order.parcels if not p["delivered"]]
        one = order.parcels[parcel] if parcel is not None else None
        if one and one["delivered"]:
            return "already_delivered"
        if not one or order.status == "returned" or order.status == "shipped" and under_way == [one]:
            refusal = self.become(name, "delivered")
            if refusal:
                return refusal
        else:
            order.events.append("goods_delivered")
        for p in [one] if one else under_way:
            p["delivered"] = True
        return None

    def take_back(self, name, items, restock):
        """items: [(good, pieces)]; None: all that is out."""
        order = self.orders[name]
        out = order.shipped() - order.returned()
        if not out:
            return "nothing_to_return"
        refusal = self.lacks(order, items or [], out, "more_than_shipped")
        if refusal:
            return refusal
        goods = added_up(items) if items else out
        order.returns.append((goods, restock))
        whole = order.returned() == order.sold
        if not whole or self.become(name, "returned"):
            order.events.append("goods_returned")
        if whole and all(restocked for _, restocked in order.returns):
            self.give_back(name, order.took)
        elif restock:
            self.put_back(name, goods)
        return None

    def put_unsent_back(self, name):
        """Of what was not sent the rest is not waited for; unless a bundle that came back as more than
        it was has given that to others."""
        order = self.orders[name]
        units = self.needs((order.sold - order.shipped()).items())
        for unit, ahead in self.ahead.items():
            waits = sum(pieces for claim, pieces in ahead.waiting(self.owed(unit)) if claim.order == name)
            if waits > sum(pieces for (took, _), pieces in order.took.items() if took == unit):
                units.pop(unit, None)
            elif waits:
                units[unit] = max(waits, units.get(unit, 0))
                ahead.forget(name)
        self.put_units_back(name, units)

    def put_back(self, name, goods):
        self.put_units_back(name, self.needs(goods.items()))

    def put_units_back(self, name, units):
        """To the places by their codes, by what the goods are made of now; no more than was taken."""
        took = self.orders[name].took
        for unit, pieces in units.items():
            for where in sorted(where for where in took if where[0] == unit):
                n = min(pieces, took[where])
                pieces -= n
                self.give_back(name, {where: n} if n else {})

    # Carts -----------------------------------------------------------------------------------

    def change_cart(self, buyer, how, items):
        """The pointer of an item that is not for sale and therefore refused, or None."""
        cart = self.carts.setdefault(buyer, {})
        wanted = {good: min(n, 10_000) for good, n in added_up(items).items()}
        unknown = [good for good, n in wanted.items()
                   if n and good not in cart and good in self.withdrawn]
        if unknown and how != "merge":
            at = next(at for at, (good, _) in enumerate(items) if good == unknown[0])
            return f"/items/{at}/variant_id"
        if how == "replace":
            for good in set(cart) - set(wanted):
                del cart[good]
        for good, n in wanted.items():
            if not n:
                cart.pop(good, None)
            elif good in cart:
                cart[good]["quantity"] = max(n, cart[good]["quantity"]) if how == "merge" else n
            elif good not in unknown:
                cart[good] = {"quantity": n, "price": self.rules.goods[good]["price"]}
        return None

    def cart_lines(self, buyer):
        """[(good, pieces, price now, price then, available, ahead, what has changed)]"""
        lines = []
        for good, line in self.carts.get(buyer, {}).items():
            price, left = self.rules.goods[good]["price"], self.left(good)
            later = self.later(good)
            changes = []
            if good in self.withdrawn:
                price, changes = None, ["not_for_sale"]
            elif price != line["price"]:
                changes.append("price_rose" if price > line["price"] else "price_fell")
            if good not in self.withdrawn and left is not None \
                    and left + (later or 0) < line["quantity"]:
                changes.append("insufficient_stock")
            lines.append((good, line["quantity"], price, line["price"], left, later,
                          changes))
        return lines
