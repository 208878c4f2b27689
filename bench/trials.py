#!/usr/bin/python3
"""Trials side by side in a running instance, and their ratios; see tools/bench, which calls it.

Absolute figures belong to a machine and an hour. So the sides of a comparison take turns, round
by round, and what counts is the median of the rounds' ratios.
"""
import argparse
import concurrent.futures
import os
import re
import statistics
import sys
import time

import catalogue
import charts
import cold
import exports
import flash
import ingest
import payments
import reports
import transfer
from measure import (CLIENTS, GROUPS, HERE, VAR, access_token, cached_share, cpu_seconds, die,
                     latency, output_of, pgbench, psql, start_log, worker_memory, wrk)

SCARCE, PLENTY = (301, 600), (1, 1)  # products whose pages may not and may be cached

# Anonymous memory that a worker may gain over 100,000 requests and still be called flat: a
# leak of one byte per request is more than that.
FLAT_KIB = 64


# ---- The sides -----------------------------------------------------------------------------

def product_sql():
    """The program's own statement as a pgbench script."""
    with open(f"{HERE}/../cgi-bin/products/products.c") as file:
        source = file.read()
    begin, end = source.index("#define READ"), source.index("#define STAFF_READ")
    sql = "".join(re.findall(r'"([^"]*)"', source[begin:end]))
    sql += re.search(r'BY_ID\[\] = READ "([^"]*)"', source).group(1)
    if "$1::uuid" not in sql:
        die("cgi-bin/products/products.c no longer has its statement where this looks for it")
    path = f"{VAR}/tmp/product.sql"
    with open(path, "w") as file:
        file.write(f"\\set n random({SCARCE[0]}, {SCARCE[1]})\n")
        file.write(sql.replace("$1::uuid", "bench.id(:n::int)") + ";\n")
    return path


def customer():
    """The demo's customer: id."""
    return psql("SELECT id FROM registry.users WHERE lower(email) = "
                f"lower('{os.environ['VENDAS_CUSTOMER_EMAIL']}')")


def program_page(seconds):
    return wrk(seconds, "/", "product.lua", *SCARCE)


def empty_program(seconds):
    return wrk(seconds, "/bench/empty")


def same_query(seconds):
    return pgbench(seconds, product_sql(), "vendas_products")


def cached_page(seconds):
    return wrk(seconds, "/", "product.lua", *PLENTY)


def static_file(seconds):
    return wrk(seconds, "/bench/product.json")


def program_order(seconds):
    return wrk(seconds, "/v1/orders", "order.lua", access_token("CUSTOMER"))


def same_statements(seconds):
    psql("ALTER TABLE sales.stock_movements DISABLE TRIGGER stock_movements_apply")
    try:
        return pgbench(seconds, f"{HERE}/order.sql", "vendas_sales", buyer=customer())
    finally:
        psql("ALTER TABLE sales.stock_movements ENABLE TRIGGER stock_movements_apply")


def me_signed_in(seconds):
    return wrk(seconds, "/v1/users/me", "bearer.lua", access_token("CUSTOMER"))


def me_unasked(seconds):
    return wrk(seconds, f"/bench/users/{customer()}")


def credentials():
    return os.environ["VENDAS_CUSTOMER_EMAIL"], os.environ["VENDAS_CUSTOMER_PASSWORD"]


def signing_in(seconds):
    return wrk(seconds, "/v1/sessions", "sign_in.lua", *credentials())


def hashing(seconds):
    return int(output_of([f"{HERE}/../build/bench/hash", str(seconds)]))


class Side:
    """label; run(seconds) gives requests; daemon: whose CPU is the program's; target: of the
    ratio of our side's rate to this one's; cost: of that of the CPU seconds of a request."""

    def __init__(self, label, run, daemon=None, target=None, cost=None):
        self.label, self.run, self.daemon = label, run, daemon
        self.target, self.cost = target, cost
        self.rates, self.costs = [], []


# name: title, share of our answers that the cache is to give, sides, of which the first is ours.
COMPARISONS = {
    "product": ("A product by id, uncached", (0, 0), [
        Side("through nginx", program_page, "products-products"),
        Side("empty FastCGI program", empty_program, "empty", 0.65),
        Side("pgbench, same query", same_query)]),
    "cached": ("A product by id, from the micro-cache", (0.9, 1), [
        Side("through nginx", cached_page, "products-products"),
        Side("static file of that size", static_file, target=0.85)]),
    "order": ("An order of three items", (0, 0), [
        Side("through nginx", program_order, "sales-orders"),
        Side("pgbench, statement by statement", same_statements, target=0.8)]),
    "me": ("One's own account, with a token", (0, 0), [
        Side("through nginx", me_signed_in, "registry-users"),
        Side("same program, nobody asked", me_unasked, "me", cost=1.3)]),
    "sign-in": ("Signing in with a password", (0, 0), [
        Side("through nginx", signing_in, "registry-sessions"),
        Side("Argon2id alone, on every processor", hashing, target=0.8)]),
}


# ---- Trials --------------------------------------------------------------------------------

def trial(side, seconds):
    """Requests a second, and CPU microseconds a request by group."""
    psql("CHECKPOINT", "postgres")
    start_log()
    before = cpu_seconds(side.daemon)
    requests = side.run(seconds)
    after = cpu_seconds(side.daemon)
    side.rates.append(requests / seconds)
    side.costs.append([(b - a) / requests * 1e6 for a, b in zip(before, after)])


def compare(name, rounds, seconds):
    """Runs a comparison and prints it; returns whether its targets were reached."""
    title, (least, most), sides = COMPARISONS[name]
    for side in sides:
        side.run(1)  # to warm up
    for _ in range(rounds):
        for side in sides:
            trial(side, seconds)
            if side == sides[0] and not least <= cached_share() <= most:
                die(f"{title}: {cached_share():.2f} of the answers came from the cache")
    print(f"\n{title:38}{'requests/s':>11}   CPU us/request:" +
          "".join(f"{group:>11}" for group in GROUPS) + f"{'sum':>7}")
    for side in sides:
        costs = [statistics.median(cost) for cost in zip(*side.costs)]
        print(f"  {side.label:36}{statistics.median(side.rates):11.0f}" + " " * 18 +
              "".join(f"{us:11.0f}" for us in costs) + f"{sum(costs):7.0f}")
    # A list, so that each is printed.
    reached = all([print_ratio(sides[0], other) for other in sides[1:]])
    sys.stdout.flush()
    return reached


def print_ratio(ours, other):
    good = print_line(f"of {other.label}", ours.rates, other.rates, other.target)
    if other.cost:
        sums = [[sum(cost) for cost in side.costs] for side in (ours, other)]
        good &= print_line("of its CPU per request", *sums, other.cost, at_most=True)
    return good


def print_line(what, ours, theirs, target, at_most=False):
    ratios = sorted(a / b for a, b in zip(ours, theirs))
    ratio = statistics.median(ratios)
    reached = target is None or (ratio <= target if at_most else ratio >= target)
    print(f"  = {ratio:.2f} {what} ({ratios[0]:.2f} to {ratios[-1]:.2f})" +
          (f"   target {target}: {'reached' if reached else 'MISSED'}" if target else ""))
    return reached


# ---- Patience ------------------------------------------------------------------------------

PATIENCE = 2  # times as long may looking at a product take while others sign in


def looking(seconds):
    """Median and 99th percentile in ms of one client's looking at products, one by one."""
    return latency(seconds, "product.lua", *SCARCE)[1:]


def looking_while_signing_in(seconds):
    """The same while as many sign in as can, and how many these are a second."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        load = pool.submit(signing_in, seconds + 2)
        time.sleep(1)
        found = looking(seconds)
        return found, load.result() / (seconds + 2)


def patience(rounds, seconds):
    """Whether those who look at products hardly notice that others sign in."""
    idle, busy, rates = [], [], []
    for _ in range(rounds):
        idle.append(looking(seconds))
        found, rate = looking_while_signing_in(seconds)
        busy.append(found)
        rates.append(rate)
    print(f"\n{'Looking at products, one by one':38}{'median ms':>11}{'99 % ms':>11}")
    for label, found in (("while nobody signs in", idle),
                         (f"while {statistics.median(rates):.0f} sign in a second", busy)):
        median, most = (statistics.median(column) for column in zip(*found))
        print(f"  {label:36}{median:11.2f}{most:11.2f}")
    return print_line("times as long while others sign in", *([median for median, _ in found]
                      for found in (busy, idle)), PATIENCE, at_most=True)


# ---- Memory --------------------------------------------------------------------------------

def flatness(title, program, side, wanted):
    """Whether no worker's memory grows over so many requests to each, after a warm-up."""
    side(5)
    before, done = worker_memory(program), 0
    while done < wanted * len(before):
        done += side(5)
        start_log()
    after = worker_memory(program)
    if before.keys() != after.keys():
        die(f"a worker of {program} has died meanwhile")
    print(f"\n{title}: {done} requests to {len(before)} workers")
    for pid in before:
        print(f"  worker {pid}: {before[pid]} KiB before, {after[pid]} KiB after")
    growth = max(after[pid] - before[pid] for pid in before)
    print(f"  = {growth:+d} KiB at most; up to {FLAT_KIB} is called flat: "
          f"{'flat' if growth <= FLAT_KIB else 'GROWS'}")
    sys.stdout.flush()
    return growth <= FLAT_KIB


def main():
    parser = argparse.ArgumentParser(prog="./vendas bench")
    parser.add_argument("--seconds", type=int, default=5, help="of each trial")
    parser.add_argument("--rounds", type=int, default=3, help="in which each side has its turn")
    parser.add_argument("--only", choices=[*COMPARISONS, "cold", "ingest", "catalogue", "transfer",
                                                       "flash", "payments", "charts", "exports",
                                                       "reports"],
                        help="this comparison")
    parser.add_argument("--sizes", type=int, nargs=2, default=catalogue.SIZES,
                        help="products of the catalogue, which only --only catalogue makes")
    parser.add_argument("--anew", action="store_true",
                        help="with --only reports: make its orders again")
    parser.add_argument("--part", action="append", choices=reports.PARTS,
                        help="with --only reports: this part of it; may be given several times")
    parser.add_argument("--memory", action="store_true",
                        help="only see whether the workers' memory stays flat")
    options = parser.parse_args()
    if options.memory:
        good = [flatness("Memory of the products program", "products-products", program_page,
                         100000),
                flatness("Memory of the orders program", "sales-orders", program_order, 5000)]
    elif options.only == "cold":
        good = cold.measure(options.rounds)
    elif options.only == "ingest":
        good = ingest.measure(options.rounds)
    elif options.only == "catalogue":
        good = catalogue.measure(options.sizes, options.rounds, options.seconds)
    elif options.only == "flash":
        good = flash.measure(options.rounds)
    elif options.only == "payments":
        good = payments.measure(options.rounds, options.seconds)
    elif options.only == "reports":
        sys.exit(0 if all(reports.measure(options.rounds, options.part)) else 1)
    elif options.only == "exports":
        good = exports.measure()
    elif options.only == "charts":
        good = charts.measure(options.rounds)
    elif options.only == "transfer":
        good = transfer.measure()
    else:
        print(f"\n{os.cpu_count()} processors, {CLIENTS} clients, {options.rounds} rounds of "
              f"{options.seconds} s a trial; medians")
        good = [compare(name, options.rounds, options.seconds)
                for name in COMPARISONS if options.only in (None, name)]
        if options.only in (None, "sign-in"):
            good.append(patience(options.rounds, options.seconds))
    broken = psql("SELECT * FROM sales.integrity LIMIT 5")
    if broken:
        die(f"sales.integrity has rows:\n{broken}")
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
