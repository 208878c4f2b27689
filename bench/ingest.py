"""Ingestion: batches of 10,000 items through nginx, new, unchanged and changed, beside a plain COPY
of the rows that the new ones came to.

These rows are those of products, variants, product_categories, price_history, documents, listing,
ingested and unlearned. They are copied in one transaction, in the form that COPY writes, into
tables beside the shop's with the same columns, defaults, checks, keys, foreign keys and indexes, in
the same database with the same durability, and with as many rows there already: each round adds
one batch to either. The copies have no triggers, as what those do (price_history) is copied, too.
"""
import json
import os
import random
import statistics
import time

from measure import RUN, VAR, access_token, ask, die, keep, output_of, psql, start_log

ITEMS = 10_000
NEW, REPLAY = 0.3, 3  # targets: of the rate of COPY; of the rate of new items

# A table, and its rows that belong to the products of a batch.
TABLES = {"products": "id", "variants": "product_id", "product_categories": "product_id",
          "price_history": "product_id", "documents": "product_id", "listing": "product_id",
          "ingested": "product_id", "unlearned": "product_id"}

FOREIGN_KEYS = f"""
SELECT format('ALTER TABLE bench.%I ADD CONSTRAINT %I %s', c.relname, k.conname,
              CASE WHEN f.relname = ANY ('{{{",".join(TABLES)}}}')
                   THEN replace(pg_get_constraintdef(k.oid), 'products.' || f.relname, 'bench.' || f.relname)
                   ELSE pg_get_constraintdef(k.oid) END)
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
 WHERE k.contype = 'f' AND c.relnamespace = 'products'::regnamespace
   AND c.relname = ANY ('{{{",".join(TABLES)}}}')"""

THINGS = ("Panela Cafeteira Liquidificador Ventilador Mochila Cadeira Luminária Furadeira Tênis "
          "Relógio Mesa Fogareiro Barraca Bicicleta Teclado Monitor").split()
TRAITS = "elétrica compacta dobrável antiaderente recarregável portátil silenciosa reforçada".split()
COLOURS = "preto branco azul verde vermelho cinza amarelo rosa".split()
SENTENCES = ("Feita para durar muitos anos em uso diário.", "Acompanha manual em português.",
             "Material resistente e fácil de limpar.", "Garantia de doze meses do fabricante.",
             "Ideal para quem tem pouco espaço em casa.", "Consome pouca energia.",
             "Testada e aprovada em laboratório independente.", "Peças de reposição disponíveis.")


# ---- The items -----------------------------------------------------------------------------

def gtin(number):
    digits = f"2{number:011d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def items_of(batch):
    """So many items, the same ones each time for the number of a batch."""
    chance = random.Random(batch)
    for n in range(batch * ITEMS, (batch + 1) * ITEMS):
        thing, brand = chance.choice(THINGS), f"Marca {chance.randrange(300)}"
        item = {"source": "bench", "source_id": f"P{n}", "url": f"https://loja.example/p/{n}",
                "name": f"{thing} {chance.choice(TRAITS)} {brand} {chance.choice(COLOURS)} {n}",
                "price": chance.randrange(990, 500_000), "currency": "BRL", "brand": brand,
                "description": " ".join(chance.choices(SENTENCES, k=6)),
                "availability": "in_stock", "category": f"Casa > {thing}",
                "images": [f"https://loja.example/i/{n}-{place}.jpg" for place in (1, 2)],
                "attributes": {"cor": chance.choice(COLOURS), "tensão": "127 V",
                               "peso": f"{chance.randrange(1, 90)} kg", "modelo": f"M{n % 999}"}}
        if chance.random() < 0.8:
            item["gtin"] = gtin(n)
        yield item


def changed(item):
    return {**item, "price": item["price"] + 1}


# ---- The sides -----------------------------------------------------------------------------

def begin():
    psql("CHECKPOINT", "postgres")
    start_log()
    return time.monotonic()


def ingest(items, token, status):
    """Items a second; each has to come to that status."""
    body = json.dumps(items, ensure_ascii=False).encode()
    began = begin()
    counts = json.loads(ask("POST", "/v1/ingest", body, token=token))["counts"]
    seconds = time.monotonic() - began
    if counts[status] != len(items):
        die(f"not all items were {status}: {counts}")
    return len(items) / seconds


def make_copies():
    """The tables beside, with the rows that the shop's have by now."""
    for table in TABLES:
        psql(f"CREATE TABLE bench.{table} (LIKE products.{table} INCLUDING ALL)")
    for table in TABLES:
        psql(f"INSERT INTO bench.{table} SELECT * FROM products.{table}")
    for statement in psql(FOREIGN_KEYS).splitlines():
        psql(statement)


def write_rows():
    """Writes the rows that are not copied yet into files; returns the script that copies them."""
    script = "BEGIN;\n"
    for table, key in TABLES.items():
        path = f"{VAR}/tmp/{table}.copy"
        output_of([os.environ["PGBIN"] + "/psql", "-X", "-q", "-h", RUN, "-U", "vendas", "-c",
                   f"\\copy (SELECT * FROM products.{table} t WHERE NOT EXISTS (SELECT FROM "
                   f"bench.products b WHERE b.id = t.{key})) TO '{path}'", "vendas"])
        script += f"\\copy bench.{table} FROM '{path}'\n"
    return script + "COMMIT;\n"


def copy():
    """Items a second of copying the last batch."""
    path = f"{VAR}/tmp/copy.sql"
    with open(path, "w") as file:
        file.write(write_rows())
    began = begin()
    output_of([os.environ["PGBIN"] + "/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", RUN,
               "-U", "vendas", "-f", path, "vendas"])
    return ITEMS / (time.monotonic() - began)


# ---- Measuring -----------------------------------------------------------------------------

def measure(rounds):
    """Prints what each side does and puts it into RESULTS.md; whether targets were reached."""
    make_copies()
    token = access_token("ADMIN")
    rates = {name: [] for name in ("COPY", "new", "unchanged", "changed")}
    for batch in range(rounds + 1):  # the first is to warm up
        items = list(items_of(batch))
        found = {"new": ingest(items, token, "created"), "COPY": copy(),
                 "unchanged": ingest(items, token, "unchanged"),
                 "changed": ingest(list(map(changed, items)), token, "updated")}
        for name, rate in found.items() if batch else ():
            rates[name].append(rate)
    broken = psql("SELECT * FROM products.integrity LIMIT 5")
    if broken:
        die(f"products.integrity has rows:\n{broken}")
    return tabulate(rates)


def ratio(rates, one, other):
    return statistics.median(a / b for a, b in zip(rates[one], rates[other]))


def tabulate(rates):
    of_copy, of_new = ratio(rates, "new", "COPY"), ratio(rates, "unchanged", "new")
    lines = [f"| {ITEMS:,} items | items/s | of COPY | of new |", "|---|" + "---:|" * 3]
    for name, found in rates.items():
        lines.append(f"| {name} | {statistics.median(found):,.0f} "
                     f"| {ratio(rates, name, 'COPY'):.2f} | {ratio(rates, name, 'new'):.2f} |")
    table = "\n".join(lines)
    print(f"{table}\nnew: target {NEW} of COPY: {'reached' if of_copy >= NEW else 'MISSED'}\n"
          f"unchanged: target {REPLAY} times new: {'reached' if of_new >= REPLAY else 'MISSED'}")
    keep("ingest", table)
    return [of_copy >= NEW, of_new >= REPLAY]
