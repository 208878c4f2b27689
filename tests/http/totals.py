"""What a cart comes to, by a model of the rules that is simple enough to be believed, and a shop that
has these rules: for Roraima, which no other rules of freight and taxes are for meanwhile."""
import copy
import fractions

import support

RORAIMA = {**support.ADDRESS, "postal_code": "69301-010", "city": "Boa Vista", "state": "RR"}


def half_up(value):
    return int(fractions.Fraction(value) + fractions.Fraction(1, 2))


def share(amount, bp):
    return half_up(fractions.Fraction(amount * bp, 10_000))


def take_off(chosen, amount):
    """Cumulative rounding, by what is left of each line."""
    whole = sum(line["left"] for line in chosen)
    amount, before, given_out = min(amount, whole), 0, 0
    for line in chosen:
        before += line["left"]
        upto = amount * before // whole if whole else 0
        line["left"] -= upto - given_out
        given_out = upto
    return amount


class Rules:
    """Goods, coupons, freight rules and tax rules, as lists of dictionaries with the names that the
    API has for their fields, and these: "parts", what a bundle is made of {good: pieces}, and
    "limited", that a coupon is for the category alone that every other good is in. What is changed
    in the shop is changed here, too."""

    def __init__(self, goods, coupons, freight, taxes):
        self.goods, self.coupons, self.freight, self.taxes = copy.deepcopy(
            (goods, coupons, freight, taxes))

    def is_for(self, coupon, good):
        return good % 2 == 1 or not self.coupons[coupon].get("limited")

    def is_digital(self, good):
        return self.goods[good].get("type") == "digital"

    def parts(self, good):
        """{good: pieces} whose stock a piece of a good draws on."""
        return {} if self.is_digital(good) else self.goods[good].get("parts", {good: 1})

    def lines(self, cart, prices=None):
        """Those of a cart [(good, pieces)]. prices: of each line, where they are others by now."""
        prices = prices or [self.goods[good]["price"] for good, _ in cart]
        return [{"good": good, "n": n, "gross": price * n, "left": price * n}
                for (good, n), price in zip(cart, prices)]

    def discount(self, lines, coupons):
        """Takes it off what is left of the lines."""
        taken = 0
        for kind in ("percent", "amount"):
            for c in sorted(c for c in coupons if self.coupons[c]["kind"] == kind):
                chosen = [line for line in lines if self.is_for(c, line["good"])]
                amount = self.coupons[c]["value"]
                if kind == "percent":
                    amount = share(sum(line["gross"] for line in chosen), amount)
                taken += take_off(chosen, amount)
        return taken

    def freight_of(self, rule, lines):
        if sum(line["left"] for line in lines) >= (rule.get("free_above") or float("inf")):
            return 0
        goods = [(self.goods[line["good"]], line) for line in lines
                 if not self.is_digital(line["good"])]
        grams = sum(good["weight_g"] * line["n"] for good, line in goods)
        volume = sum(-(-good.get("width_mm", 0) * good.get("height_mm", 0)
                       * good.get("length_mm", 0) // 1000) * line["n"] for good, line in goods)
        if rule.get("cubic_divisor"):
            grams = max(grams, -(-volume * 1000 // rule["cubic_divisor"]))
        return (rule["base"] + rule.get("per_kg", 0) * -(-grams // 1000)
                + share(sum(line["left"] for _, line in goods), rule.get("value_bp", 0)))

    def tax_rule(self, code, good):
        fitting = [t for t in self.taxes if t["code"] == code
                   and self.goods[good].get("ncm", "").startswith(t.get("ncm", ""))]
        return max(fitting, key=lambda t: len(t.get("ncm", "")), default=None)

    def tax_of(self, line):
        """Of a line, what is added to its price."""
        added = 0
        for code in sorted({t["code"] for t in self.taxes}):
            rule = self.tax_rule(code, line["good"])
            rate = rule["rate_bp"]
            if "less_code" in rule:
                rate = max(0, rate - self.tax_rule(rule["less_code"], line["good"])["rate_bp"])
            base = share(line["left"], rule.get("base_bp", 10_000))
            added += 0 if rule["included"] else share(base, rate)
        return added

    def totals(self, cart, coupons=(), service=0, prices=None):
        """What a cart comes to with coupons and a freight service, by their numbers."""
        lines = self.lines(cart, prices)
        discount = self.discount(lines, coupons)
        freight = 0
        if not all(self.is_digital(good) for good, _ in cart):
            costs = [self.freight_of(rule, lines) for rule in self.freight]
            freight = costs[service]
            if any(self.coupons[c]["kind"] == "freight" for c in coupons):
                freight -= min(costs)
        tax = sum(self.tax_of(line) for line in lines)
        items = sum(line["gross"] for line in lines)
        return {"items": items, "discount": discount, "freight": freight, "tax": tax,
                "total": items - discount + freight + tax}


class Shop:
    """Rules, set up. Until close() what is for Roraima is the shop's alone."""

    def __init__(self, admin, make_product, rules, stock=0):
        self.admin, self.rules, self.made = admin, rules, []
        self.category = self.post("/v1/categories", name=support.unique("Ímpares"))["id"]
        self.products, self.variants = [], []
        for number, good in enumerate(rules.goods):
            self.add_good(make_product, number, stock, **good)
        self.taken = support.rows(
            "SELECT id, states FROM sales.freight_rules WHERE 'RR' = ANY (states)")
        support.rows("UPDATE sales.freight_rules SET states = array_remove(states, 'RR')")
        self.untaxed = support.untaxed("RR")
        self.untaxed.__enter__()
        self.coupons, self.code = [], support.unique("K")
        for coupon in rules.coupons:
            self.add_coupon(coupon)
        self.freight = [self.rule(
            "/v1/freight-rules", service=support.unique("f"), name="Teste", days=days,
            states=["RR"], **rule) for days, rule in enumerate(rules.freight)]
        self.taxes = [self.rule("/v1/tax-rules", state="RR", valid_from="2020-01-01", **rule)
                      for rule in rules.taxes]

    def post(self, path, **body):
        answer = self.admin.post(path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def patch(self, path, **body):
        answer = self.admin.patch(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rule(self, path, **body):
        made = self.post(path, **body)
        made["path"] = f"{path}/{made['id']}"
        self.made.append(made)
        return made

    def parts(self, parts):
        """A bundle's, as the API has them."""
        return [{"variant_id": self.variants[part], "quantity": n} for part, n in parts.items()]

    def add_good(self, make_product, number, stock, parts=None, **good):
        if parts:
            good.update(type="bundle", parts=self.parts(parts))
        if number % 2:
            good["category_ids"] = [self.category]
        keeps = not parts and good.get("type") != "digital"
        product = make_product(stock=stock if keeps else 0, **good)
        self.products.append(product["id"])
        self.variants.append(product["variants"][0]["id"])

    def add_coupon(self, coupon):
        """Numbered, so that their codes sort as they do."""
        fields = {name: value for name, value in coupon.items() if name != "limited"}
        self.coupons.append(self.post(
            "/v1/coupons", code=f"{self.code}-{len(self.coupons):03}",
            category_ids=self.categories(coupon), **fields))

    def categories(self, coupon):
        return [self.category] if coupon.get("limited") else []

    def reprice(self, good, price):
        self.patch(f"/v1/products/{self.products[good]}", price=price)
        self.rules.goods[good]["price"] = price

    def change_coupon(self, coupon, **fields):
        fields.pop("kind", None)
        self.rules.coupons[coupon].update(fields)
        if "limited" in fields:
            fields["category_ids"] = self.categories(fields)
            del fields["limited"]
        self.patch(f"/v1/coupons/{self.coupons[coupon]['id']}", **fields)

    def change_freight(self, number, **fields):
        self.patch(self.freight[number]["path"], **fields)
        self.rules.freight[number].update(fields)

    def change_tax(self, number, **fields):
        fields.pop("code", None)
        self.patch(self.taxes[number]["path"], **fields)
        self.rules.taxes[number].update(fields)

    def close(self):
        for made in self.made:
            assert self.admin.delete(made["path"]).status_code == 204
        for rule, states in self.taken:
            support.rows(
                f"UPDATE sales.freight_rules SET states = '{states}' WHERE id = '{rule}'")
        self.untaxed.__exit__(None, None, None)

    def items(self, cart):
        return [{"variant_id": self.variants[good], "quantity": n} for good, n in cart]

    def body(self, cart, coupons=(), service=0, **more):
        """What is asked of quotes and orders; what is all digital goes without a service."""
        carried = any(not self.rules.is_digital(good) for good, _ in cart)
        return {"items": self.items(cart),
                "coupons": [self.coupons[c]["code"].lower() for c in coupons],
                "shipping_address": RORAIMA, **more,
                **({"freight_service": self.freight[service]["service"]} if carried else {})}

    def quote(self, buyer, *wanted):
        answer = buyer.post("/v1/quotes", self.body(*wanted))
        assert answer.status_code == 200, answer.text
        return answer.json()
