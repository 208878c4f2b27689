"""Payments: notifications of gateways, genuine ones beside what they write, forged ones beside
genuine ones; and whether gateways that hang make others wait (hanging.py).

The gateways are the tests' stand-in. All sides take turns, round by round; what counts is the median
of the rounds' ratios. CPU is that of processes: nginx's, the program's workers', and PostgreSQL's with
all that it does in the background. What a notification costs is counted without nginx's, which reads
and passes on both kinds alike.
"""
import os
import re
import statistics
import time

import hanging
import notices
from catalogue import run_file
from measure import (CLIENTS, GROUPS, HERE, RUN, THREADS, URL, cpu_seconds, die, keep, output_of,
                     psql, spread, start_log, until_enough, wrk_output)

DAEMON = "sales-gateway_events"
THROUGHPUT, FORGED = 0.5, 0.1  # targets: of pgbench's rate; of the CPU of a genuine one
RATE = 800  # notifications in a trial for each of its seconds; a multiple of 400
SPARE = 400  # payments begun beyond them, as some are asked for in the moment that it ends
FIRST = 3_000_000  # of the orders' numbers
SAMPLE = 100  # of a trial, whose rows are looked at; wrk never sends the very first
REST = 12  # seconds, after which PostgreSQL counts what idle connections did (PGSTAT_IDLE_INTERVAL)

# The tables that a notification of money writes, and how their rows are told from others.
TABLES = {"orders": "id = {id}", "order_history": "order_id = {id}", "payments": "id = {id}",
          "money_entries": "payment_id = {id}", "gateway_events": "payment_id = {id}",
          "reservations": "order_id = {id}", "stock_movements": "order_id = {id}",
          "events": "object_id = {id} OR payload->>'order_id' = {id}::text"}
OWN = "id,posting,raw"  # columns that say which row it is, or are sealed anew each time
TRIGGERED = ("orders", "order_history", "payments", "stock_movements")  # whose triggers write, too


class Payments:
    """Makes payments that have begun; each is paid once."""

    def __init__(self):
        self.next = FIRST
        self.buyer = psql("SELECT id FROM registry.users WHERE lower(email) = "
                          f"lower('{os.environ['VENDAS_CUSTOMER_EMAIL']}')")

    def begin(self, count):
        """The first and the last number of so many new ones, and some to spare."""
        first, self.next = self.next, self.next + count + SPARE
        run_file("payments.sql", first=first, last=self.next - 1, buyer=self.buyer)
        return first, self.next - 1


def tool(name, *arguments):
    return output_of([f"{HERE}/../tools/{name}", *arguments])


# ---- The sides -----------------------------------------------------------------------------

def command(seconds, path, status, *more):
    return ["wrk", f"-t{THREADS}", f"-c{CLIENTS}", f"-d{seconds}", "--timeout", "30", "-s",
            f"{HERE}/requests.lua", f"{URL}/", "--", path, str(THREADS), status, *map(str, more)]


def answers(said):
    """How many there were, and in how many seconds."""
    answered, wrong, seconds = re.search(r"answered (\d+) wrong (\d+) seconds ([\d.]+)",
                                         said).groups()
    if int(wrong):
        die(f"{wrong} answers were not what they should be:\n{said}")
    return int(answered), float(seconds)


def through_nginx(count, first, last):
    path = notices.write(notices.genuine(first, last))
    return lambda: answers(until_enough(command(600, path, "204", count // THREADS)))


def statement_by_statement(count, first, raw):
    """What pgbench makes of the same, with as many clients, without the triggers of the tables."""
    facts = ('{"ref": "pi_bench_3000000", "live": false, "capture_ref": "ch_bench_3000000",'
             ' "captured": 31460, "captured_at": 1800000000}')
    variables = {"first": first, "each": count // CLIENTS, "k": 0, "facts": facts, "raw": raw}
    words = [os.environ["PGBIN"] + "/pgbench", "-n", "-M", "prepared", f"-c{CLIENTS}", "-j2",
             f"-t{count // CLIENTS}", "-h", RUN, "-U", "vendas", "-f", f"{HERE}/notice.sql"]
    for name, value in variables.items():
        words += ["-D", f"{name}={value}"]

    def run():
        said = output_of([*words, "vendas"])
        if f"actually processed: {count}/{count}" not in said:
            die(f"pgbench of notice.sql met errors:\n{said}")
        return count, count / float(re.search(r"tps = ([\d.]+)", said).group(1))
    return run


def flood(seconds, make, status):
    path = notices.write([make() for _ in range(notices.FORGED)])
    return lambda: answers(wrk_output(command(seconds, path, status), refusals=True))


# ---- Trials --------------------------------------------------------------------------------

class Side:
    """rates: requests a second; costs: CPU microseconds of a request by group; a trial each."""

    def __init__(self, label):
        self.label, self.rates, self.costs = label, [], []

    def trial(self, run):
        psql("CHECKPOINT", "postgres")
        start_log()
        before = cpu_seconds(DAEMON)
        done, seconds = run()
        after = cpu_seconds(DAEMON)
        self.rates.append(done / seconds)
        self.costs.append([(b - a) / done * 1e6 for a, b in zip(before, after)])

    def own(self):
        """CPU of the program and PostgreSQL, by trial."""
        return [sum(cost[1:]) for cost in self.costs]


def triggers(how):
    psql("; ".join(f"ALTER TABLE sales.{table} {how} TRIGGER USER" for table in TRIGGERED))


def rows(number):
    """What the tables have of an order, without what is each order's own; of times, whether."""
    said = ""
    for table, condition in TABLES.items():
        said += psql(f"SELECT jsonb_build_object('{table}', to_jsonb(t) - '{{{OWN}}}'::text[])"
                     f" FROM sales.{table} t"
                     f" WHERE {condition.format(id=f'bench.id({number})')}") + "\n"
    said = said.replace(str(number), "N")
    said = re.sub(r'"(number|movement_id)": ("[^"]*"|\d+)', r'"\1": "own"', said)
    return sorted(re.sub(r'"\d{4}-\d\d-\d\dT[^"]*"', '"then"', said).splitlines())


def compare_rows(ours, theirs):
    """Whether pgbench has written what the shop writes."""
    one, other = rows(ours), rows(theirs)
    if one != other:
        die("notice.sql writes other rows than the shop:\n"
            + "\n".join(sorted(set(one) ^ set(other))))


def throughput(payments, count, genuine, statements):
    """A trial of each of the two."""
    first, last = payments.begin(count)
    genuine.trial(through_nginx(count, first, last))
    paid = int(psql("SELECT count(*) FROM sales.orders WHERE status = 'paid'"
                    f" AND id BETWEEN bench.id({first}) AND bench.id({last})"))
    if paid < count:
        die(f"of {count} orders {paid} were paid")
    raw = psql("SELECT raw FROM sales.gateway_events"
               f" WHERE event_id = 'evt_bench_{first + SAMPLE}'")
    other, _ = payments.begin(count)
    triggers("DISABLE")
    try:
        statements.trial(statement_by_statement(count, other, raw))
    finally:
        triggers("ENABLE")
    compare_rows(first + SAMPLE, other + SAMPLE)


def touched():
    """Grows with whatever is done to a table."""
    return psql("SELECT sum(coalesce(seq_scan, 0) + coalesce(idx_scan, 0) + n_tup_ins + n_tup_upd"
                " + n_tup_del) FROM pg_stat_user_tables")


def floods(seconds, forgeries, sides):
    """A trial of each kind of forgery; that none reaches a table."""
    psql("VACUUM ANALYZE", "postgres")  # or PostgreSQL did it meanwhile, by itself
    time.sleep(REST)
    before = touched()
    for (make, status), side in zip(forgeries.values(), sides):
        side.trial(flood(seconds, make, status))
    time.sleep(REST)
    if touched() != before:
        die("forged notifications have reached a table")


def warm_up(payments, paypal, forgeries):
    """And sees that each side does what it is there for; PayPal's certificate is fetched."""
    throughput(payments, SPARE, Side(""), Side(""))
    for make, status in [(paypal.notice, "204"), *forgeries.values()]:
        flood(1, make, status)()
    psql("VACUUM ANALYZE", "postgres")  # tables were empty, and plans were made for that


# ---- The tables ----------------------------------------------------------------------------

def row(side, ratio):
    costs = [statistics.median(cost) for cost in zip(*side.costs)]
    return (f"| {side.label} | {statistics.median(side.rates):,.0f} | "
            + " | ".join(f"{us:,.0f}" for us in costs) + f" | {ratio} |")


def head(what, ratio):
    columns = [f"{CLIENTS} clients: {what}", *(f"CPU of {group}, µs" for group in GROUPS), ratio]
    return ["| " + " | ".join(["notifications", *columns]) + " |", "|---|" + "---:|" * len(columns)]


def tabulate_throughput(genuine, statements):
    ratio, good = spread([a / b for a, b in zip(genuine.rates, statements.rates)], THROUGHPUT)
    lines = head("learnt a second", "of pgbench's rate")
    return lines + [row(genuine, ratio), row(statements, "")], [good]


def tabulate_forged(genuine, sides):
    lines, reached = head("refused a second", "of a genuine one's CPU, without nginx's"), []
    for side in sides:
        ratio, good = spread([a / b for a, b in zip(side.own(), genuine.own())], FORGED,
                             at_most=True)
        lines.append(row(side, ratio))
        reached.append(good)
    return lines, reached


def measure(rounds, seconds):
    """Prints the tables and puts them into RESULTS.md; whether the targets were reached."""
    tool("gateways", "start")
    tool("workers", "start")
    # First: the job would ask about each of the payments below.
    lines, reached = hanging.measure(rounds, seconds, tool)
    payments, paypal = Payments(), notices.PayPal()
    forgeries = notices.forgeries(paypal)
    genuine, statements = Side("genuine, through nginx"), Side("pgbench, statement by statement")
    sides = [Side(label) for label in forgeries]
    count = RATE * seconds
    warm_up(payments, paypal, forgeries)
    for _ in range(rounds):
        throughput(payments, count, genuine, statements)
        floods(seconds, forgeries, sides)
    for part, good in (tabulate_throughput(genuine, statements), tabulate_forged(genuine, sides)):
        lines += ["", *part]
        reached += good
    table = "\n".join(lines)
    print(table, flush=True)
    keep("payments", table)
    return reached
