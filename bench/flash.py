"""A flash sale: 64 buyers order one product without a pause, and the same load spread over many.

Both sides take turns, round by round; what counts is the median of the rounds' ratios. A product is
offered until it is sold out, and nobody may be refused while there is a piece left.
"""
import json
import os
import re
import statistics
import urllib.request

from measure import (HERE, RUN, THREADS, URL, VAR, die, keep, output_of, psql, start_log,
                     until_enough)

BUYERS, UNITS, SPREAD = 64, 10_000, 1_000
FEW = 100  # pieces of each of the many
TARGET = 0.6
FIRST = 2_000_000  # of the products' numbers, above those of all other benches

MAKE = """
INSERT INTO products.products (id, slug, name, price, currency, weight_g)
SELECT bench.id(n), 'flash-' || n, 'Cafeteira ' || n, 9990, 'BRL', 1500
  FROM generate_series({first}, {last}) AS n;
INSERT INTO products.variants (id, product_id, sku)
SELECT bench.id(n), bench.id(n), 'FLASH-' || n FROM generate_series({first}, {last}) AS n;
SELECT products.refresh(ARRAY(SELECT bench.id(n) FROM generate_series({first}, {last}) AS n));
INSERT INTO sales.stock_movements (variant_id, kind, on_hand, reserved)
SELECT bench.id(n), 'receive', {pieces}, 0 FROM generate_series({first}, {last}) AS n"""


class Products:
    """Makes products to sell; each is sold once."""

    def __init__(self):
        self.next = int(psql("SELECT coalesce(max(right(slug, -6)::int) + 1, %d)"
                             " FROM products.products WHERE slug LIKE 'flash-%%'" % FIRST))

    def make(self, count, pieces):
        """The first and the last number of so many new ones."""
        first, self.next = self.next, self.next + count
        psql(MAKE.format(first=first, last=self.next - 1, pieces=pieces))
        return first, self.next - 1


def buyers():
    """The file of their access tokens. Hashing a password takes long: they have the customer's."""
    password = os.environ["VENDAS_CUSTOMER_PASSWORD"]
    psql("INSERT INTO registry.users (name, email, password_hash)"
         " SELECT u.name, 'flash-' || n || '@example.com', u.password_hash"
         f"   FROM generate_series(1, {BUYERS}) AS n, registry.users u"
         f"  WHERE lower(u.email) = lower('{os.environ['VENDAS_CUSTOMER_EMAIL']}')"
         " ON CONFLICT DO NOTHING")
    path = f"{VAR}/tmp/tokens"
    with open(path, "w") as file:
        for n in range(1, BUYERS + 1):
            body = json.dumps({"email": f"flash-{n}@example.com", "password": password}).encode()
            request = urllib.request.Request(f"{URL}/v1/sessions", body,
                                             {"Content-Type": "application/json"})
            with urllib.request.urlopen(request) as answer:
                file.write(json.load(answer)["access_token"] + "\n")
    return path


def left(first, last):
    return int(psql("SELECT sum(on_hand - reserved) FROM sales.stock_levels"
                    f" WHERE variant_id BETWEEN bench.id({first}) AND bench.id({last})"))


def through_nginx(tokens, first, last):
    """Orders a second, until some more have been asked for than there are pieces of one product."""
    said = until_enough(["wrk", f"-t{THREADS}", f"-c{BUYERS}", "-d600", "--timeout", "60", "-s",
                         f"{HERE}/flash.lua", f"{URL}/v1/orders", "--", tokens, str(first),
                         str(last), str(UNITS // THREADS + BUYERS)])
    placed, refused, failed, seconds = map(float, re.search(
        r"placed (\d+) refused (\d+) failed (\d+) seconds ([\d.]+)", said).groups())
    if failed:
        die(f"{failed:.0f} orders failed:\n{said}")
    if refused and left(first, last):
        die(f"{refused:.0f} were refused, and {left(first, last)} pieces are left")
    return placed / seconds


def in_postgresql(buyer, first, last):
    """Orders a second with a connection for each buyer, without asking for more than there is."""
    each = UNITS // BUYERS
    said = output_of([os.environ["PGBIN"] + "/pgbench", "-n", "-M", "prepared", f"-c{BUYERS}",
                      "-j2", f"-t{each}", "-h", RUN, "-U", "vendas_sales", "-f",
                      f"{HERE}/flash.sql", "-D", f"buyer={buyer}", "-D", f"first={first}", "-D",
                      f"last={last}", "vendas"])
    if f"actually processed: {each * BUYERS}/" not in said:
        die(f"some were refused, and {left(first, last)} pieces are left:\n{said}")
    return float(re.search(r"tps = ([\d.]+)", said).group(1))


def row(label, one, spread):
    ratios = sorted(a / b for a, b in zip(one, spread))
    ratio = statistics.median(ratios)
    told = f"{ratio:.2f}" if ratio >= TARGET else f"**{ratio:.2f}**"
    print(f"{label}: {statistics.median(one):.0f} orders/s of one product, "
          f"{statistics.median(spread):.0f} of {SPREAD}; = {ratio:.2f} "
          f"({ratios[0]:.2f} to {ratios[-1]:.2f})   target {TARGET}: "
          f"{'reached' if ratio >= TARGET else 'MISSED'}", flush=True)
    return (f"| {label} | {statistics.median(one):.0f} | {statistics.median(spread):.0f} | {told}"
            f" ({ratios[0]:.2f} to {ratios[-1]:.2f}) |", ratio >= TARGET)


def measure(rounds):
    """Prints the figures and puts them into RESULTS.md; whether the targets were reached."""
    tokens, products = buyers(), Products()
    buyer = psql("SELECT id FROM registry.users WHERE email = 'flash-1@example.com'")
    ways = {"through nginx": lambda *of: through_nginx(tokens, *of),
            f"in PostgreSQL, {BUYERS} connections": lambda *of: in_postgresql(buyer, *of)}
    lines = [f"| {BUYERS} buyers, orders a second | one product, {UNITS} pieces "
             f"| {SPREAD} products | ratio |", "|---|---:|---:|---:|"]
    reached = []
    for label, orders in ways.items():
        one, spread = [], []
        for _ in range(rounds):
            psql("CHECKPOINT", "postgres")
            start_log()
            one.append(orders(*products.make(1, UNITS)))
            spread.append(orders(*products.make(SPREAD, FEW)))
        line, good = row(label, one, spread)
        lines.append(line)
        reached.append(good)
    keep("flash", "\n".join(lines))
    return reached
