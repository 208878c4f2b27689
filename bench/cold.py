"""Cold entries of nginx's micro-cache: how long people wait who ask for one thing at one moment,
when it has expired or was never kept; as nginx/nginx.conf.in has it, and as it might be.

Many connections send the same request at once, just after a second has begun, which is when
entries expire. Each time of an answer counts; p99 is of all bursts of a kind.
"""
import selectors
import socket
import statistics
import time
import urllib.parse

from measure import URL, die, keep

CLIENTS = 64
BURSTS = 8  # of a kind, in each round
PRODUCT = "/v1/products/00000000-0000-7000-8000-000000000001"
LIST = "/v1/products?facets=true&limit=100"
WAYS = {
    "as it is: all go to the program": "",
    "cache_lock, as nginx has it": "/bench/lock",
    "cache_lock with a timeout of 20 ms": "/bench/short-lock",
    "stale while updating: up to 2 s old": "/bench/stale",
    "no cache": "/bench/uncached",
}


class Connections:
    """So many open ones; ask() sends a request on each at once and gives what each waited, in
    ms."""

    def __init__(self):
        place = urllib.parse.urlsplit(URL)
        self.host = place.netloc
        self.sockets = [socket.create_connection((place.hostname, place.port))
                        for _ in range(CLIENTS)]

    def close(self):
        for one in self.sockets:
            one.close()

    def ask(self, path):
        request = f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode()
        waited, began, missing = [], {}, {}
        with selectors.DefaultSelector() as waiting:
            for one in self.sockets:
                waiting.register(one, selectors.EVENT_READ)
                began[one], missing[one] = time.monotonic(), None
                one.sendall(request)
            while len(waited) < CLIENTS:
                ready = waiting.select(30)
                if not ready:
                    die(f"{path}: no answer within 30 s")
                for key, _ in ready:
                    one = key.fileobj
                    missing[one] = self.read(one, missing[one], path)
                    if missing[one] == 0:
                        waited.append((time.monotonic() - began[one]) * 1000)
                        waiting.unregister(one)
        return waited

    @staticmethod
    def read(one, missing, path):
        """Takes what has come; how much is missing from then on."""
        data = one.recv(1 << 18)
        if missing is None:
            head, _, body = data.partition(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                die(f"{path}: {head.decode()}")
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            return length - len(body)
        return missing - len(data)


def wait_for_second():
    """Until just after the next second has begun, by whole seconds as nginx counts them."""
    time.sleep(1.02 - time.time() % 1)


def expired(connections, path):
    """A burst for what was asked for a moment ago, so that it was kept until now."""
    connections.ask(path)
    wait_for_second()
    return connections.ask(path)


def new(connections, path, number):
    """A burst for what nobody has asked for yet."""
    return connections.ask(f"{path}{'&' if '?' in path else '?'}min_price={number}")


def percentiles(times):
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def measure(rounds):
    """Prints the table and puts it into RESULTS.md; there is no target."""
    times = {}
    for number in range(rounds):
        for label, prefix in WAYS.items():
            for subject in (PRODUCT, LIST):
                connections = Connections()
                for burst in range(BURSTS):
                    unique = number * BURSTS + burst + 1
                    times.setdefault((label, subject, "expired"), []).extend(
                        expired(connections, prefix + subject))
                    times.setdefault((label, subject, "new"), []).extend(
                        new(connections, prefix + subject, unique))
                connections.close()
    columns = [(subject, kind) for subject in (PRODUCT, LIST) for kind in ("expired", "new")]
    lines = [f"| {CLIENTS} clients at once: p50 / p99 ms | a product, expired | a product, new "
             "| a list with facets, expired | a list with facets, new |", "|---|" + "---:|" * 4]
    for label in WAYS:
        cells = ["{:.1f} / {:.1f}".format(*percentiles(times[label, subject, kind]))
                 for subject, kind in columns]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    table = "\n".join(lines)
    print(table)
    keep("cold", table)
    return [True]
