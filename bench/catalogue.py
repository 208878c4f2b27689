"""A catalogue of 100 thousand products, then of a million: what grows with it, and how much.

One client asks, one request at a time, through nginx. What is looked at are medians, of rounds in
which all kinds of requests have their turn; the growth is that of the medians of the two sizes.
"""
import concurrent.futures
import json
import os
import statistics
import urllib.error
import urllib.parse
import urllib.request

from measure import (HERE, RUN, URL, VAR, cached_share, cpu_seconds, die, keep, latency,
                     output_of, psql, start_log)

SIZES = [100_000, 1_000_000]
MADE_BEFORE = 600  # products of bench/shop.sql
UNCACHED = "/bench/uncached"  # before a path: from the program, see bench/nginx.conf.in
PAGE = 50  # that is compared with the first
GROWTH, DEPTH = 2, 1.5  # targets: times as long with the larger catalogue; as the first page

# Indexes that no constraint needs: making them once is faster than keeping them.
INDEXES = """
SELECT i.indexrelid::regclass || ';' || pg_get_indexdef(i.indexrelid)
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
 WHERE c.relnamespace = 'products'::regnamespace
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
 ORDER BY c.relname"""
TABLES = """
SELECT schemaname || '.' || tablename FROM pg_tables
 WHERE schemaname = 'products' OR tablename IN ('stock_slots', 'stock_movements')"""
TRIGGER = "ALTER TABLE sales.stock_movements {} TRIGGER stock_movements_apply"


# ---- Making it -----------------------------------------------------------------------------

def run_file(name, **variables):
    command = [os.environ["PGBIN"] + "/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", RUN,
               "-U", "vendas"]
    for key, value in variables.items():
        command += ["-v", f"{key}={value}"]
    output_of(command + ["-f", f"{HERE}/{name}", "vendas"])


def at_once(function, works):
    """Does all of the works, as many at once as there are processors."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(function, works))


def grow(present, wanted):
    """Makes products of what there are so many of, up to so many."""
    indexes = [line.split(";", 1) for line in psql(INDEXES).splitlines()]
    for name, _ in indexes:
        psql(f"DROP INDEX {name}")
    psql(TRIGGER.format("DISABLE"))
    step = min(25_000, -(-(wanted - present) // os.cpu_count()))
    at_once(lambda first: run_file("catalogue.sql", first=first,
                                   last=min(first + step - 1, wanted)),
            range(present + 1, wanted + 1, step))
    psql(TRIGGER.format("ENABLE"))
    at_once(lambda index: psql("SET maintenance_work_mem = '512MB'; " + index[1]), indexes)
    at_once(lambda table: psql(f"VACUUM (ANALYZE) {table}"), psql(TABLES).splitlines())


# ---- What is asked for ---------------------------------------------------------------------

class Kind:
    """A kind of request: its label, the paths of which one after the other is asked for, whether
    its further pages are looked at, and the daemon that answers."""

    def __init__(self, label, paths, pages=False, daemon="products-products"):
        self.label, self.paths, self.pages, self.daemon = label, paths, pages, daemon


def words(kind, first, last):
    return psql(f"SELECT word FROM bench.words WHERE kind = '{kind}'"
                f" AND rank BETWEEN {first} AND {last} ORDER BY rank").splitlines()


def slugs(condition):
    return psql(f"SELECT slug FROM products.categories WHERE {condition}"
                " ORDER BY slug").splitlines()


def listed(**query):
    return "/v1/products?" + urllib.parse.urlencode(query)


def kinds(size):
    """All of them; the paths are the same for each size, but for the products by id."""
    rare, middling = words("line", 2001, 2040), words("line", 41, 80)
    common = words("colour", 1, 3) + words("material", 1, 2)
    departments = slugs("parent_id IS NULL AND slug NOT LIKE 'bench-%'")[:4]
    things = slugs("slug IN (SELECT shared.slug(name) FROM bench.things"
                   " WHERE rank BETWEEN 31 AND 60)")
    by_id = psql("SELECT '/v1/products/' || product_id FROM products.listing"
                 f" WHERE product_id IN (SELECT bench.id(1 + n * 7919 % {size})"
                 " FROM generate_series(1, 5000) AS n)").splitlines()
    plain = [
        Kind("empty FastCGI program", ["/bench/empty"], daemon="empty"),
        Kind("product by id", by_id),
        Kind("category page, a department", [listed(category=c) for c in departments], True),
        Kind("category page, a thing", [listed(category=c) for c in things]),
        Kind("search, a rare word", [listed(q=w) for w in rare]),
        Kind("search, a middling word", [listed(q=w) for w in middling]),
        Kind("search, a very common word", [listed(q=w) for w in common], True),
        Kind("search, two words", [listed(q=f"{a} {b}") for a in common for b in middling[:8]]),
        Kind("search, a typing error", [listed(q=w[:3] + w[4:]) for w in rare]),
        Kind("facets of a department", [listed(category=c, facets="true") for c in departments]),
        Kind("facets of a very common word", [listed(q=w, facets="true") for w in common]),
        Kind("a common word, brand, attribute and price",
             [listed(q=w, brand=b, min_price=20000, max_price=200000, **{"attr.cor": "preto"})
              for w in common for b in words("brand", 1, 4)]),
    ]
    sorts = []
    for sort in ("price", "-price", "-created_at", "name", "-popularity"):
        sorts += [
            Kind(f"everything, sort={sort}", [listed(sort=sort)], True),
            Kind(f"a department, sort={sort}", [listed(category=c, sort=sort) for c in departments],
                 True)]
    things = psql("SELECT shared.fold(name) FROM bench.things WHERE rank <= 40").splitlines()
    suggest = Kind("suggest, three letters",
                   ["/v1/products/suggest?" + urllib.parse.urlencode({"q": thing[:3]})
                    for thing in things], daemon="products-search")
    return plain + sorts + [suggest]


def get(path):
    try:
        with urllib.request.urlopen(URL + path) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        die(f"{path}: {error.read().decode()}")


def later_page(path):
    """The path of that page; None where there are fewer."""
    page = path
    for _ in range(PAGE - 1):
        cursor = get(page)["next_cursor"]
        if not cursor:
            return None
        page = f"{path}&cursor={urllib.parse.quote(cursor)}"
    return page


# ---- Measuring -----------------------------------------------------------------------------

def trial(kind, paths, seconds):
    """Median and 99th percentile in ms, and microseconds of CPU a request."""
    file = f"{VAR}/tmp/paths"
    with open(file, "w") as out:
        for path in paths:
            out.write(path + "\n" if path.startswith("/bench/") else f"{UNCACHED}{path}\n")
    before = sum(cpu_seconds(kind.daemon))
    requests, median, most = latency(seconds, "paths.lua", file)
    spent = (sum(cpu_seconds(kind.daemon)) - before) / requests * 1e6
    return median, most, spent


def look(size, rounds, seconds):
    """By label: the figures of the first page, and of the late one or None."""
    subjects = []
    for kind in kinds(size):
        subjects.append((kind, 0, kind.paths))
        if kind.pages:
            late = list(filter(None, map(later_page, kind.paths)))
            subjects.append((kind, 1, late)) if late else None
    figures = {}
    for number in range(rounds + 1):  # the first is to warm up
        start_log()
        for kind, page, paths in subjects:
            found = trial(kind, paths, seconds if number else 1)
            if number:
                figures.setdefault(kind.label, ([], []))[page].append(found)
        if cached_share() > 0:
            die("some answers came from the cache")
    return {label: [[statistics.median(column) for column in zip(*page)] if page else None
                    for page in pages] for label, pages in figures.items()}


def measure(sizes, rounds, seconds):
    """Makes the catalogues and prints what they cost; whether the targets were reached, each."""
    run_file("words.sql")
    found, present = [], MADE_BEFORE
    for size in sizes:
        grow(present, size)
        present = size
        found.append(look(size, rounds, seconds))
    # Of some products: making all documents again to compare takes longer than all the rest.
    broken = psql("SELECT * FROM products.integrity WHERE id = ANY (ARRAY(SELECT bench.id(n)"
                  f" FROM generate_series(1, {present}, 97) AS n)) LIMIT 5")
    if broken:
        die(f"products.integrity has rows:\n{broken}")
    table, reached = tabulate(sizes, *found)
    print(table)
    if sizes == SIZES:
        keep("catalogue", table)
    return reached


def cell(value, target):
    return f"{value:.2f}" if value <= target else f"**{value:.2f}**"


def tabulate(sizes, small, large):
    """The table, and whether each target was reached."""
    lines = ["| request | " + " | ".join(f"{size:,}: p50 ms | p99 ms | CPU µs" for size in sizes)
             + f" | growth | page {PAGE}: p50 ms | of page 1 |", "|---|" + "---:|" * 9]
    reached = []
    for label, (first, late) in large.items():
        growth = first[0] / small[label][0][0]
        cells = [f"{ms:.2f} | {most:.2f} | {cpu:.0f}" for ms, most, cpu in (small[label][0], first)]
        cells.append(cell(growth, GROWTH))
        reached.append(growth <= GROWTH)
        if late:
            cells.append(f"{late[0]:.2f} | {cell(late[0] / first[0], DEPTH)}")
            reached.append(late[0] / first[0] <= DEPTH)
        else:
            cells.append(" | ")
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines), reached
