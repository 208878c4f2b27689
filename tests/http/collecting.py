"""What the collector's tests share: a shop on a free port that can misbehave, and the job."""
import json
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import support

COLLECT = os.path.join(support.PROGRAMS, "jobs", "collect")


def product(name, price="19.90", **fields):
    """A product page."""
    offer = {} if price is None else {"offers": {
        "@type": "Offer", "price": price, "priceCurrency": "BRL"}}
    data = {"@context": "https://schema.org", "@type": "Product", "name": name, **offer, **fields}
    return ("<!DOCTYPE html><html><head><script type='application/ld+json'>"
            f"{json.dumps(data)}</script></head><body>{name}</body></html>")


def links(paths):
    """A list page."""
    return "<html><body>" + "".join(f"<a href='{path}'>x</a>" for path in paths) + "</body></html>"


class Site:
    """pages: {path: text, or (status, headers, text), or a function that gives one of these}.
    asked: the requests so far, as (path, time, headers)."""

    def __init__(self, pages=None):
        self.pages = {"/robots.txt": (404, {}, ""), **(pages or {})}
        self.asked = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def handler(self):
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append((self.path, time.monotonic(), dict(self.headers)))
                page = site.pages.get(self.path, (404, {}, "not here"))
                page = page() if callable(page) else page
                status, headers, text = page if isinstance(page, tuple) else (200, {}, page)
                self.send_response(status)
                self.send_header("Content-Type", "text/html")
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, format, *args):
                pass

        return Handler

    def sell(self, products):
        """products: {name in addresses: page}. Puts them on the site, all on one list."""
        self.pages.update({f"/p/{name}": page for name, page in products.items()})
        self.pages["/"] = links(f"/p/{name}" for name in products)

    def paths(self):
        return [path for path, _, _ in self.asked]

    def times(self, path):
        return [at for asked, at, _ in self.asked if asked == path]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def make_source(urls, name=None, private=True, **fields):
    """A source, made by the operator: the API gives nobody private addresses. Its name."""
    name = name or support.unique("loja")
    fields = {"product_url_pattern": "/p/", "rate_per_second": 100, **fields}
    columns = ", ".join(fields)
    values = ", ".join(f"'{value}'" for value in fields.values())
    list_of_urls = ", ".join(f"'{url}'" for url in urls)
    support.rows(f"INSERT INTO catalog.sources (name, start_urls, private_addresses, {columns})"
                 f" VALUES ('{name}', ARRAY[{list_of_urls}], {private}, {values})")
    return name


def start(source, **settings):
    """The job by itself, without the lock of ./vendas; further settings take precedence."""
    script = 'set -a; . "$1"; shift; exec env "$@"'
    return subprocess.Popen(
        ["sh", "-c", script, "sh", os.path.join(support.VAR, "vendas.env"),
         *(f"{name}={value}" for name, value in settings.items()), COLLECT, source],
        env={"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True)


def collect(source, **settings):
    """Collects from a source; the exit status."""
    process = start(source, **settings)
    process.communicate(timeout=120)
    return process.returncode


def runs(admin, source):
    """The source's runs, newest first, as the API shows them."""
    source_id = support.value(f"SELECT id FROM catalog.sources WHERE name = '{source}'")
    answer = admin.get(f"/v1/sources/{source_id}/runs")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def outcomes(admin, run):
    """{path: (outcome, detail)} of a run's pages."""
    answer = admin.get(f"/v1/runs/{run['id']}/log?limit=100")
    assert answer.status_code == 200, answer.text
    return {"/" + page["url"].split("/", 3)[3]: (page["outcome"], page["detail"])
            for page in answer.json()["data"]}


def taken(admin, source):
    """{name: product} of what was made from a source, as the API shows it."""
    ids = support.rows("SELECT product_id FROM products.ingested WHERE owner"
                       f" AND source = '{source}'")
    products = [admin.get(f"/v1/products/{row[0]}").json() for row in ids]
    return {product["name"]: product for product in products}
