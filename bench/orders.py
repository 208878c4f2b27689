"""Two sets of orders, few and many, each in a database of its own: what reports are measured on.

Both are the same shop in the same three years, up to the day on which they are made, and are made
of the same dice (season.sql, orders.sql). Making them takes long, so they are kept for the next run.
"""
import datetime
import os
import time

from catalogue import TRIGGER, at_once
from measure import HERE, RUN, VAR, output_of

SIZES = {"few": 50_000, "vendas": 5_000_000}  # orders by database
PRODUCTS = (601, 5100)  # of bench/catalogue.sql, which has 5,000 variants and some
STEP = 100_000
MARK = f"{VAR}/made"  # tools/bench keeps the instance where it is there

OWNED = ("orders", "order_items", "order_history", "shipments", "payments", "refunds",
         "money_entries")
RELATIONS = ", ".join(f"'sales.{table}'::regclass" for table in OWNED)

# Made once for all rows: the indexes that no constraint needs, and looking for what foreign keys
# refer to, which triggers would do row by row.
INDEXES = f"""
SELECT i.indexrelid::regclass || ';' || pg_get_indexdef(i.indexrelid) FROM pg_index i
 WHERE i.indrelid IN ({RELATIONS})
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)"""
KEYS = f"""
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %2$I %s', conrelid::regclass,
              conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE contype = 'f' AND conrelid IN ({RELATIONS})"""


def run(database, *arguments, user="vendas"):
    return output_of([os.environ["PGBIN"] + "/psql", "-X", "-q", "-A", "-t", "-v",
                      "ON_ERROR_STOP=1", "-h", RUN, "-U", user, "-d", database,
                      *arguments]).strip()


def query(database, sql):
    return run(database, "-c", sql)


def run_file(database, name, user="vendas", **variables):
    words = [word for key, value in variables.items() for word in ("-v", f"{key}={value}")]
    run(database, *words, "-f", f"{HERE}/{name}", user=user)


def make(database, count, until):
    """Makes so many orders in a database that has the goods."""
    indexes = [line.split(";", 1) for line in query(database, INDEXES).splitlines()]
    for name, _ in indexes:
        query(database, f"DROP INDEX {name}")
    for table in OWNED:
        query(database, f"ALTER TABLE sales.{table} SET (autovacuum_enabled = off)")
    at_once(lambda first: run_file(database, "orders.sql", "postgres", total=count, until=until,
                                   first=first, last=min(first + STEP - 1, count)),
            range(1, count + 1, STEP))
    memory = "SET maintenance_work_mem = '512MB'; "
    at_once(lambda index: query(database, memory + index[1]), indexes)
    for key in query(database, KEYS).splitlines():
        query(database, memory + key)
    query(database, f"SELECT setval('sales.order_number', {count} + 1001),"
                    f" setval('sales.money_posting', {count} * 2 + 2)")
    for table in OWNED:
        query(database, f"ALTER TABLE sales.{table} RESET (autovacuum_enabled)")
    at_once(lambda table: query(database, f"VACUUM (ANALYZE) sales.{table}"), OWNED)


def make_goods(until):
    run_file("vendas", "words.sql")
    query("vendas", TRIGGER.format("DISABLE"))
    run_file("vendas", "catalogue.sql", first=PRODUCTS[0], last=PRODUCTS[1])
    query("vendas", TRIGGER.format("ENABLE"))
    run_file("vendas", "season.sql", until=until)
    query("vendas", "VACUUM ANALYZE")


def present():
    """Makes what is not there; until when there are orders."""
    if os.path.exists(MARK):
        with open(MARK) as file:
            return datetime.date.fromisoformat(file.read().strip())
    until = datetime.date.today()
    make_goods(until)
    # A copy is made of what nobody is connected to; the workers come back by themselves.
    run("postgres", "-c", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          " WHERE datname = 'vendas'",
        "-c", "CREATE DATABASE few TEMPLATE vendas OWNER vendas", user="postgres")
    for database, count in SIZES.items():
        begin = time.time()
        make(database, count, until)
        print(f"  {count:,} orders made in {time.time() - begin:.0f} s", flush=True)
    with open(MARK, "w") as file:
        file.write(f"{until}\n")
    return until


def size(database):
    """Bytes on disk."""
    return int(query(database, f"SELECT pg_database_size('{database}')"))
