"""Reports of fifty thousand orders and of five million: what the rollups cost to make and to keep,
and whether reports grow with the orders.

Sides take turns, round by round, and the least of all rounds counts: whatever else the machine does
only adds to it.
"""
import http.client
import json
import math
import statistics
import subprocess
import threading
import time

import psycopg2

import flash
import orders
import report_page
from measure import HERE, RUN, URL, access_token, die, keep, psql, start_log

ZONE = "America/Sao_Paulo"
GROWTH = 2  # target: times as long with a hundred times the orders
GROUPS = ("day week month hour product variant category customer state region gateway"
          " coupon").split()
MOST = 100  # lines that are asked for
PATIENCE = 15  # seconds, after which a report is given up: what programs wait for (lib/db.c)
SLOW = 2_000  # ms, from which a report is read once, whatever the rounds
SMALLEST = 1  # ms, below which a report is not told from the noise of a machine
JOB = f"{HERE}/../tools/job"
CLIENTS = {}  # of nginx, by what stands before a path


def connect(database, user="vendas_sales"):
    connection = psycopg2.connect(dbname=database, host=RUN, user=user)
    connection.autocommit = True
    return connection.cursor()


# ---- Making the rollups --------------------------------------------------------------------

class Watched:
    """A statement in a session of its own: its seconds, and the most memory it had of its own."""

    def __init__(self, database, sql):
        cursor = connect(database, "vendas")
        cursor.execute("SELECT pg_backend_pid()")
        self.pid, self.peak, self.ended = cursor.fetchone()[0], 0, threading.Event()
        watcher = threading.Thread(target=self.watch)
        watcher.start()
        begin = time.time()
        try:
            cursor.execute(sql)
            self.rows = cursor.fetchall()
        finally:
            self.seconds = time.time() - begin
            self.ended.set()
            watcher.join()

    def watch(self):
        while not self.ended.wait(0.1):
            self.peak = max(self.peak, resident(self.pid))


def resident(pid):
    """KiB of memory that a process shares with none."""
    with open(f"/proc/{pid}/status") as file:
        return next((int(line.split()[1]) for line in file if line.startswith("RssAnon")), 0)


def rebuild(_rounds, _until):
    """Makes all rollups of both, and compares them with the orders; no target."""
    lines = ["| rollups | orders | on disk, GB | seconds | MB of its session |",
             "|---|---:|---:|---:|---:|"]
    for database, count in orders.SIZES.items():
        for label, sql in (("made anew", f"SELECT sales.rebuild_rollups('{ZONE}')::text"),
                           ("compared", f"SELECT * FROM sales.rollup_differences('{ZONE}')")):
            done = Watched(database, sql)
            if label == "compared" and done.rows:
                die(f"sales.rollup_differences has rows:\n{done.rows[:5]}")
            lines.append(f"| {label} | {count:,} | {orders.size(database) / 1e9:.1f} |"
                         f" {done.seconds:.0f} | {done.peak / 1024:.0f} |")
            print(f"  {count:,} orders, rollups {label}: {done.seconds:.0f} s,"
                  f" {done.peak / 1024:.0f} MB", flush=True)
    keep("rollups", "\n".join(lines))
    return [True]


# ---- Reports of a year ---------------------------------------------------------------------

class Report:
    """One report, of both sets of orders: the least milliseconds of each way and set."""

    def __init__(self, group, **more):
        self.group, self.more = group, more
        self.label = group + "".join(f", {what}" if what == "compare" else f", one {what}"
                                     for what in more)
        self.least = {}

    def sql(self, period):
        filters = {what: value for what, value in self.more.items() if what != "compare"}
        return ("SELECT * FROM sales.report(%s, %s, %s, %s, %s, %s)",
                (*period, self.group, json.dumps(filters), self.more.get("compare"), MOST))

    def path(self, period):
        query = {"from": period[0], "to": period[1]}
        query.update(self.more, group_by=self.group, limit=MOST)
        return "/v1/reports/sales?" + "&".join(f"{key}={value}" for key, value in query.items())

    def time(self, way, database, function, *arguments):
        """Has it read, unless that took long before."""
        before = self.least.get((way, database), math.inf)
        if SLOW <= before and (way, database) in self.least:
            return
        begin = time.perf_counter()
        done = function(*arguments)
        now = (time.perf_counter() - begin) * 1000 if done else math.inf
        self.least[way, database] = min(before, now)

    def ratio(self, way):
        few, many = (self.least[way, database] for database in orders.SIZES)
        return many / max(few, SMALLEST)


class Figures(Report):
    """The dashboard's key figures, in one round trip."""

    def __init__(self):
        super().__init__("key figures")

    def sql(self, period):
        return "SELECT sales.kpi_document(%s, %s, %s, 'BRL')", (*period, ZONE)

    def path(self, period):
        return super().path(period).split("&group_by")[0].replace("/sales?", "/kpis?")


def reports():
    category = orders.query("vendas", "SELECT id FROM products.categories WHERE slug = 'casa'")
    ways = ({}, {"state": "SP"}, {"category": category}, {"compare": "year"})
    return [Report(group, **more) for more in ways for group in GROUPS] + [Figures()]


def by_sql(cursor, report, period):
    """Whether it comes in time."""
    try:
        cursor.execute(*report.sql(period))
        return cursor.fetchall()
    except psycopg2.errors.QueryCanceled:
        return None


def by_http(prefix, report, period, headers):
    """Whether it comes in time, over a connection that stays."""
    client = CLIENTS.setdefault(
        prefix, http.client.HTTPConnection(URL.split("//")[1], timeout=2 * PATIENCE))
    try:
        client.request("GET", prefix + report.path(period), headers=headers)
        answer = client.getresponse()
        body = answer.read()
    except TimeoutError:
        CLIENTS.pop(prefix).close()
        return False
    if answer.status not in (200, 503, 504):
        die(f"{report.path(period)}: {answer.status} {body.decode()}")
    return answer.status == 200


def copy(table, rows):
    """Rows of the one shop, as a statement gives them in JSON, into the same table of the other."""
    columns = orders.query("few", "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
                           f" WHERE attrelid = '{table}'::regclass AND attnum > 0"
                           " AND NOT attisdropped AND attgenerated = ''")
    found = orders.query("vendas", f"SELECT json_agg(r) FROM ({rows}) AS t (r)")
    orders.query("few", f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns}"
                        f" FROM json_populate_recordset(NULL::{table}, $r${found}$r$) ON CONFLICT DO NOTHING")


def copy_sessions():
    """Who is signed in at the one shop is at the other, by an address that nobody has there."""
    copy("registry.users", "SELECT to_jsonb(u) || jsonb_build_object('email', u.id || '@bench.example')"
                           "  FROM registry.users u WHERE id IN (SELECT user_id FROM registry.sessions)")
    copy("registry.sessions", "SELECT to_jsonb(s) FROM registry.sessions s")


def look(found, rounds, period):
    """Has all of them read in both ways, a round after the other."""
    headers = {"Authorization": f"Bearer {access_token('ADMIN')}", "Accept": "application/json"}
    copy_sessions()
    cursors = {database: connect(database) for database in orders.SIZES}
    for cursor in cursors.values():
        cursor.execute(f"SET statement_timeout = '{PATIENCE}s'")
    for _ in range(rounds):
        start_log()
        for report in found:
            for database, cursor in cursors.items():
                prefix = "/bench/few" if database == "few" else ""
                report.time("SQL", database, by_sql, cursor, report, period)
                report.time("HTTP", database, by_http, prefix, report, period, headers)


def lines(rounds, until):
    """Whether the reports of a year grow with the orders; of each."""
    period = until.replace(year=until.year - 1), until
    found = reports()
    look(found, rounds, period)
    table = ["| a year's report | SQL, ms: 50,000 | 5,000,000 | ratio | HTTP, ms: 50,000 |"
             " 5,000,000 | ratio |", "|---|" + "---:|" * 6]
    for report in found:
        cells = []
        for way in ("SQL", "HTTP"):
            few, many = (report.least[way, database] for database in orders.SIZES)
            ratio = report.ratio(way)
            told = f"{ratio:.2f}" if ratio <= GROWTH else f"**{ratio:.2f}**"
            cells.append(f"{few:.1f} | {many:.1f} | {told}" if math.isfinite(many) else
                         f"{few:.1f} | over {PATIENCE} s | **–**")
        table.append(f"| {report.label} | " + " | ".join(cells) + " |")
    print("\n".join(table), flush=True)
    keep("reports", "\n".join(table))
    return [report.ratio(way) <= GROWTH for report in found for way in ("SQL", "HTTP")]


# ---- Keeping the rollups -------------------------------------------------------------------

def queued():
    return int(psql("SELECT count(*) FROM sales.rollup_queue"))


def run_rollup():
    """Seconds that the job needs for all that is queued."""
    begin = time.time()
    subprocess.run([JOB, "rollup"], check=True, stderr=subprocess.DEVNULL)
    return time.time() - begin


class Counting:
    """The job, one run after the other, while something else goes on."""

    def __enter__(self):
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def run(self):
        while not self.over.is_set():
            run_rollup()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def absorb(rounds, _until):
    """Whether the job counts orders at least as fast as a flash sale makes them."""
    run_rollup()
    tokens, products, found = flash.buyers(), flash.Products(), []
    for _ in range(rounds):
        start_log()
        placed = flash.through_nginx(tokens, *products.make(1, flash.UNITS))
        waiting = queued()
        counted = waiting / run_rollup()
        with Counting():
            both = flash.through_nginx(tokens, *products.make(1, flash.UNITS))
            behind = queued()
        run_rollup()
        found.append((placed, counted, both, behind, counted / placed))
    placed, counted, both, behind, ratio = map(statistics.median, zip(*found))
    good = ratio >= 1
    told = f"{ratio:.2f}" if good else f"**{ratio:.2f}**"
    table = ("| 64 buyers of one product, 5,000,000 orders there | a second |\n|---|---:|\n"
             f"| orders placed through nginx, none counted | {placed:.0f} |\n"
             f"| orders counted by the job, none placed | {counted:.0f} |\n"
             f"| = of those placed | {told} |\n"
             f"| orders placed while the job counts | {both:.0f} |\n"
             f"| orders not counted yet when the last was placed | {behind:.0f} |")
    print(table, flush=True)
    keep("counting", table)
    return [good]


PARTS = {"rebuild": rebuild, "lines": lines, "page": report_page.measure, "absorb": absorb}


def measure(rounds, parts):
    """Makes what is not there, and measures these parts, or all; whether targets were reached."""
    until = orders.present()
    if "rebuild" not in (parts or PARTS):
        for database in orders.SIZES:
            if not orders.query(database, "SELECT zone FROM sales.rollup_state"):
                die(f"{database} has no rollups: --part rebuild makes them")
    return [good for part in parts or PARTS for good in PARTS[part](rounds, until)]
