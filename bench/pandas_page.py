#!/usr/bin/python3
"""The page of a month as people make one with pandas and matplotlib: orders and their items are
read from PostgreSQL into data frames, and all figures, tables and charts of the job "report" are
made of these.

    pandas_page.py DATABASE_URL TIME_ZONE YYYY-MM FOLDER FIGURES

writes the page and its pictures into the folder, and its key figures as JSON into FIGURES, where
they are compared with the job's.
"""
import html
import json
import sys
import warnings

import pandas as pd
import sqlalchemy

import pandas_charts

ORDERS = """
SELECT id, user_id, status, state, created_at, paid_at, total,
       rules->'coupons'->0->>'code' AS coupon
  FROM sales.orders WHERE paid_at >= %(since)s OR created_at >= %(since)s"""
ITEMS = """
SELECT i.order_id, i.product_id, i.quantity, i.unit_price, i.discount, i.cost
  FROM sales.order_items i JOIN sales.orders o ON o.id = i.order_id
 WHERE o.paid_at >= %(since)s AND o.paid_at < %(until)s"""
PAYMENTS = """
SELECT DISTINCT ON (p.order_id) p.order_id, p.gateway
  FROM sales.payments p JOIN sales.orders o ON o.id = p.order_id
 WHERE p.received_at IS NOT NULL AND o.paid_at >= %(since)s AND o.paid_at < %(until)s
 ORDER BY p.order_id, p.received DESC, p.id"""
REFUNDS = "SELECT at, amount FROM sales.money_entries WHERE account = 'refunds' AND at >= %(since)s"
PARCELS = """
SELECT s.order_id, min(h.at) AS shipped_at
  FROM sales.shipments s JOIN sales.order_history h USING (order_id, version)
  JOIN sales.orders o ON o.id = s.order_id
 WHERE o.paid_at >= %(since)s AND o.paid_at < %(until)s AND h.at < %(until)s GROUP BY s.order_id"""
FIRSTS = """
SELECT user_id, min(paid_at) AS first FROM sales.orders WHERE user_id = ANY(%(users)s::uuid[])
 GROUP BY user_id"""
PRODUCTS = "SELECT id, name FROM products.products"
CATEGORIES = """
WITH RECURSIVE above AS (
    SELECT product_id, category_id FROM products.product_categories
    UNION
    SELECT a.product_id, c.parent_id FROM above a JOIN products.categories c ON c.id = a.category_id
     WHERE c.parent_id IS NOT NULL)
SELECT a.product_id, c.name AS category
  FROM above a JOIN products.categories c ON c.id = a.category_id"""
MONTH = pd.DateOffset(months=1)


class Month:
    """A month of the shop, in its time: its paid orders and their items, and what was placed, left
    and went back in it."""

    def __init__(self, shop, since):
        self.shop, self.since, self.until = shop, since, since + MONTH
        orders = shop.orders
        self.paid = orders[self.within(orders.paid_at)].copy()
        self.placed = orders[self.within(orders.created_at)]
        period = {"since": self.since, "until": self.until}
        self.paid["gateway"] = self.paid.id.map(
            shop.read(PAYMENTS, **period).set_index("order_id").gateway)
        self.items = shop.read(ITEMS, **period)
        self.items["gross"] = self.items.quantity * self.items.unit_price
        self.items["revenue"] = self.items.gross - self.items.discount
        self.items["margin"] = self.items.revenue - self.items.quantity * self.items.cost
        self.refunded = int(shop.refunds[self.within(shop.refunds["at"])].amount.sum())
        # A parcel that leaves in this month may be of an order paid in the one before.
        parcels = shop.read(PARCELS, since=self.since - 2 * MONTH, until=self.until)
        left = parcels[self.within(parcels.shipped_at.dt.tz_convert(shop.zone))]
        paid_at = left.order_id.map(shop.paid_at)
        self.seconds = (left.shipped_at - paid_at).dt.total_seconds()

    def within(self, times):
        return (times >= self.since) & (times < self.until)

    def key_figures(self):
        paid, placed = self.paid, self.placed
        firsts = self.shop.read(FIRSTS, users=[str(user) for user in paid.user_id.unique()])
        new = int(self.within(firsts["first"].dt.tz_convert(self.shop.zone)).sum())
        lost = placed.status.isin(["canceled", "expired"]).sum()
        total = int(paid.total.sum())
        return {"total": total, "orders": len(paid), "average_order": round(total / len(paid)),
                "units": int(self.items.quantity.sum()), "net": total - self.refunded,
                "margin": int(self.items.margin.sum()), "new_customers": new,
                "returning_orders": len(paid) - new,
                "conversion_rate": round(placed.paid_at.notna().sum() * 10000 / len(placed)),
                "cancellation_rate": round(lost * 10000 / len(placed)), "refunded": self.refunded,
                "ship_hours": round(self.seconds.astype("int64").sum() / 36 / len(self.seconds))}

    def sums(self):
        """By what it is told apart: orders, units and amount of each."""
        items = self.items.merge(self.shop.categories, on="product_id")
        return {"product": self.items.groupby("product_id").agg(
                    orders=("order_id", "nunique"), units=("quantity", "sum"),
                    amount=("revenue", "sum"), margin=("margin", "sum")),
                "category": items.groupby("category").agg(amount=("revenue", "sum")),
                "state": self.paid.groupby("state").agg(orders=("id", "size"),
                                                        amount=("total", "sum")),
                "gateway": self.paid.groupby("gateway").agg(orders=("id", "size"),
                                                            amount=("total", "sum")),
                "coupon": self.paid.groupby("coupon").agg(orders=("id", "size"),
                                                          amount=("total", "sum"))}

    def by_day(self):
        days = self.paid.groupby(self.paid.paid_at.dt.day).total.sum()
        return days.reindex(range(1, self.since.days_in_month + 1), fill_value=0)

    def by_gateway(self):
        weeks = self.paid.paid_at.dt.tz_localize(None).dt.to_period("W")
        return self.paid.groupby([weeks, "gateway"]).total.sum().unstack(fill_value=0)


class Shop:
    """What is read of the shop."""

    def __init__(self, url, zone, month):
        self.engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
        self.zone = zone
        month = pd.Timestamp(month + "-01", tz=zone)
        self.year = month - pd.DateOffset(months=11)
        since = min(self.year, month - pd.DateOffset(years=1)) - 2 * MONTH
        self.orders = self.read(ORDERS, since=since)
        self.paid_at = self.orders.set_index("id").paid_at
        for column in ("created_at", "paid_at"):
            self.orders[column] = self.orders[column].dt.tz_convert(zone)
        self.refunds = self.read(REFUNDS, since=since)
        self.refunds["at"] = self.refunds["at"].dt.tz_convert(zone)
        self.categories = self.read(CATEGORIES)
        self.names = self.read(PRODUCTS).set_index("id").name
        self.now, self.previous, self.year_before = (
            Month(self, since) for since in (month, month - MONTH, month - pd.DateOffset(years=1)))

    def read(self, sql, **values):
        return pd.read_sql(sql, self.engine, params={
            key: value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
            for key, value in values.items()})

    def by_month(self):
        paid_at = self.orders.paid_at
        paid = self.orders[(paid_at >= self.year) & (paid_at < self.now.until)]
        return paid.groupby(paid.paid_at.dt.tz_localize(None).dt.to_period("M")).total.sum()


# ---- What is shown -------------------------------------------------------------------------

def money(minor):
    return "R$ " + f"{minor / 100:,.2f}".translate(str.maketrans(",.", ".,"))


def change(now, was):
    return f"{(now - was) / was:+.1%}" if was else "novo"


def table(title, heads, rows):
    cells = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>"
                    for row in rows)
    return (f"<h2>{title}</h2><table><tr>" + "".join(f"<th>{head}</th>" for head in heads)
            + f"</tr>{cells}</table>")


def best(shop, now, before, group, count):
    """Rows of what sold best: its name, its figures, and how its amount has changed."""
    was = before[group].amount
    for key, row in now[group].nlargest(count, "amount").iterrows():
        name = shop.names[key] if group == "product" else key
        yield [name, *row.drop("amount"), money(row.amount), change(row.amount, was.get(key, 0))]


def largest_changes(shop, now, before):
    found = []
    for group in now:
        difference = now[group].amount.sub(before[group].amount, fill_value=0)
        found += [(abs(amount), amount, group, key) for key, amount in difference.items()]
    for _, amount, group, key in sorted(found, key=lambda row: -row[0])[:3]:
        yield [shop.names[key] if group == "product" else key, group, money(amount)]


def main(url, zone, month, folder, figures):
    warnings.simplefilter("ignore")
    shop = Shop(url, zone, month)
    kpis = [one.key_figures() for one in (shop.now, shop.previous, shop.year_before)]
    now, before = shop.now.sums(), shop.previous.sums()
    days, months, gateways = shop.now.by_day(), shop.by_month(), shop.now.by_gateway()
    pictures = pandas_charts.draw_all(folder, {
        "sales": (days, shop.previous.by_day()), "months": months, "states": now["state"].amount,
        "categories": now["category"].amount.nlargest(10), "gateways": gateways,
        "rate": kpis[0]["conversion_rate"] / 10000})
    parts = [table("Indicadores", ["", "no mês", "mês anterior", "ano anterior"],
                   [(name, value, *(change(value, one[name]) for one in kpis[1:]))
                    for name, value in kpis[0].items()]),
             table("O que olhar", ["", "", ""], largest_changes(shop, now, before)),
             *(f'<img src="{name}">' for name in pictures),
             *(table(title, ["", "total"], [(key, money(amount)) for key, amount in rows.items()])
               for title, rows in (("Por dia", days), ("Por mês", months))),
             table("Gateways", ["", *gateways],
                   [(week, *map(money, row)) for week, row in gateways.iterrows()]),
             table("Produtos", ["", "pedidos", "peças", "margem", "receita", ""],
                   best(shop, now, before, "product", 10)),
             table("Categorias", ["", "receita", ""], best(shop, now, before, "category", 10)),
             table("Estados", ["", "pedidos", "total", ""], best(shop, now, before, "state", 27)),
             table("Cupons", ["", "pedidos", "total", ""], best(shop, now, before, "coupon", 8))]
    with open(f"{folder}/index.html", "w") as file:
        file.write("<!doctype html><meta charset=utf-8><title>Vendas</title>" + "".join(parts))
    with open(figures, "w") as file:
        json.dump(kpis[0], file)


if __name__ == "__main__":
    main(*sys.argv[1:])
