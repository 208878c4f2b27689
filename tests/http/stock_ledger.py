"""Stock with a past: ledgers that tests write by hand, and their rows in reports on stock."""
import datetime
import zoneinfo

import support

ZONE = "America/Sao_Paulo"
TODAY = datetime.datetime.now(zoneinfo.ZoneInfo(ZONE)).date()


def day(ago):
    """So many days ago, in the shop's time zone."""
    return TODAY - datetime.timedelta(days=ago)


def monday(week):
    """The first day of a week as sql/0058_stock_reports.sql counts them: 113 is the present one."""
    return TODAY - datetime.timedelta(days=TODAY.weekday()) - datetime.timedelta(weeks=113 - week)


def variant_of(product):
    return product["variants"][0]["id"]


def sku_of(product):
    return product["variants"][0]["sku"]


def insert(product, rows):
    """Rows of the ledger (day, kind, on hand, reserved, location), each at noon."""
    values = ", ".join(
        f"('{variant_of(product)}', '{kind}', {on_hand}, {reserved}, '{location}',"
        f" '{when} 12:00'::timestamp AT TIME ZONE '{ZONE}')"
        for when, kind, on_hand, reserved, location in rows)
    support.rows("INSERT INTO sales.stock_movements"
                 f" (variant_id, kind, on_hand, reserved, location, created_at) VALUES {values}")


def write(product, when, *rows):
    insert(product, [(when, *row) for row in rows])


def sale(pieces):
    """Promised to somebody, and paid at once."""
    return ("reserve", 0, pieces, "main"), ("commit", -pieces, -pieces, "main")


def receive(product, when, pieces, location="main"):
    write(product, when, ("receive", pieces, 0, location))


def sell(product, when, pieces):
    write(product, when, *sale(pieces))


def sell_by_week(product, first, pieces):
    """So many pieces in each week from a certain one on, on its Wednesday. They had come in the
    week before."""
    receive(product, monday(first) - datetime.timedelta(days=3), sum(pieces) + 1)
    insert(product, [(monday(first + n) + datetime.timedelta(days=2), *row)
                     for n, sold in enumerate(pieces) if sold for row in sale(sold)])


def report(client, kind, **query):
    return support.ok(client.get("/v1/reports/stock", params={"kind": kind, **query}))


def row_of(found, product):
    """The row of a product; None where it has none."""
    rows = [row for row in found["rows"] if row["sku"] == sku_of(product)]
    assert len(rows) <= 1
    return rows[0] if rows else None


def figures(found, product):
    """The same without what it is called."""
    row = row_of(found, product)
    return row and {name: value for name, value in row.items() if name not in ("sku", "name")}
