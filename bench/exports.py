"""A report of all orders as JSON, CSV and XLSX: how long it takes and how much memory a worker, for two
numbers of rows."""
import datetime
import threading
import time
import urllib.request

import catalogue
from measure import URL, access_token, keep, worker_memory

ROWS = [8_640, 1_000_000]  # those of a day, and all
MEMORY = 1.5  # target: times as much with more rows
PROGRAM = "sales-order_report"
DAYS = [datetime.date(2010, 1, 1) + datetime.timedelta(days=days) for days in (0, 1, 200)]


class Watch(threading.Thread):
    """The most that a worker has allocated meanwhile, in KiB."""

    def __init__(self):
        super().__init__()
        self.most, self.over = 0, threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            self.most = max([self.most, *worker_memory(PROGRAM).values()])


def fetch(media, first, last):
    """Seconds, bytes and KiB of a report."""
    request = urllib.request.Request(
        f"{URL}/v1/reports/orders?format={media}&from={first}&to={last}",
        headers={"Authorization": f"Bearer {access_token('ADMIN')}"})
    watch, began, size = Watch(), time.monotonic(), 0
    watch.start()
    with urllib.request.urlopen(request, timeout=600) as answer:
        while chunk := answer.read(1 << 20):
            size += len(chunk)
    took = time.monotonic() - began
    watch.over.set()
    watch.join()
    return took, size, max([watch.most, *worker_memory(PROGRAM).values()])


def measure():
    """Makes the orders and prints what reports of them cost; whether memory stayed flat, each."""
    few, many = ROWS
    catalogue.run_file("exports.sql", first=1, last=many)
    lines = [f"| report | {few:,} rows: s | MB | MiB | {many:,} rows: s | MB | MiB | growth |",
             "|---|" + "---:|" * 7]
    reached = []
    for media in ("json", "csv", "xlsx"):
        small, large = fetch(media, DAYS[0], DAYS[1]), fetch(media, DAYS[0], DAYS[2])
        growth = large[2] / small[2]
        reached.append(growth <= MEMORY)
        cells = [f"{took:.1f} | {size / 1e6:.1f} | {kib / 1024:.1f}" for took, size, kib in (small, large)]
        lines.append(f"| {media.upper()} | {' | '.join(cells)} | {catalogue.cell(growth, MEMORY)} |")
    print("\n".join(lines))
    keep("exports", "\n".join(lines))
    return reached
