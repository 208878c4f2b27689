"""Events of a gateway on their way to the shop: at once, later, never, twice, in any order, or several
at a time."""
import concurrent.futures
import contextlib
import http.client
import queue
import random
import ssl
import threading
import time
import traceback
import urllib.parse

ANSWER_SECONDS = 30
MODES = ("automatic", "held", "dropped")


def post(url, headers, body, timeout):
    """The status of what the shop answers."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https":  # the shop's certificate may be its own
        connection = http.client.HTTPSConnection(
            parts.netloc, timeout=timeout, context=ssl._create_unverified_context())
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    with contextlib.closing(connection):
        connection.request("POST", f"{parts.path or '/'}?{parts.query}".rstrip("?"), body, headers)
        response = connection.getresponse()
        response.read()
        return response.status


def type_of(event):
    return event.get("event_type") or event["type"]


class Outbox:
    """mode: what becomes of new events: "automatic" sends them after the answer to the call that made
    them, "held" keeps them for deliver(), "dropped" loses them (the gateway's list has them).
    retry_delays: seconds until an event that was not answered with 2xx is sent again; afterwards it
    is held. encode(event) gives the body, sign(body) the headers."""

    def __init__(self, encode, sign):
        self.encode, self.sign = encode, sign
        self.url, self.timeout, self.retry_delays = None, 10, (0.3, 1)
        self.local, self.lock, self.queue = threading.local(), threading.Lock(), queue.Queue()
        self.clear()
        threading.Thread(target=self.work, daemon=True).start()

    def clear(self):
        self.mode, self.copies, self.shuffle, self.random = "automatic", 1, False, random.Random(0)
        self.events, self.held, self.deliveries = [], [], []

    def set_mode(self, mode, copies=1, shuffle=False, seed=0):
        """copies and shuffle: how often and in what order automatic events come."""
        if mode not in MODES:
            raise ValueError(f"no such mode: {mode}; there are {', '.join(MODES)}")
        self.mode, self.copies, self.shuffle = mode, copies, shuffle
        self.random = random.Random(seed)

    # From the gateway

    @contextlib.contextmanager
    def collecting(self):
        """The events that this thread makes meanwhile."""
        outer, self.local.batch = getattr(self.local, "batch", None), []
        try:
            yield self.local.batch
        finally:
            self.local.batch = outer

    def add(self, event):
        with self.lock:
            self.events.append(event)
        self.local.batch.append(event)

    def release(self, batch, answered=None, copies=1, shuffle=False):
        """Sends events in the order of releasing, or keeps them, as the mode has it; does not wait.
        answered: a threading.Event, before which these are not sent."""
        with self.lock:
            if self.mode == "held":
                self.held += batch
            elif self.mode == "automatic":
                for event in self.arranged(batch, copies * self.copies, shuffle or self.shuffle):
                    self.queue.put((event, answered))

    def arranged(self, batch, copies, shuffle):
        batch = batch * copies
        if shuffle:
            self.random.shuffle(batch)
        return batch

    # To the shop

    def work(self):
        while True:
            event, answered = self.queue.get()
            try:
                if answered:
                    answered.wait(ANSWER_SECONDS)
                self.send_with_retries(event)
            except Exception:  # whoever waits for the queue would wait for ever
                traceback.print_exc()
            finally:
                self.queue.task_done()

    def send_with_retries(self, event):
        for delay in (*self.retry_delays, None):
            if self.send(event) // 100 == 2:
                return
            if delay is not None:
                time.sleep(delay)
        if self.url:
            with self.lock:
                self.held.append(event)

    def send(self, event):
        """Sends an event once: the status, 0 where no answer came."""
        if not self.url:
            return 200
        body, status, error = self.encode(event), 0, None
        try:
            status = post(self.url, self.sign(body), body, self.timeout)
        except (OSError, http.client.HTTPException) as failure:
            error = repr(failure)
        with self.lock:
            self.deliveries.append({"id": event["id"], "type": type_of(event), "status": status,
                                    "error": error, "at": time.time()})
        return status

    def wait(self):
        """Until everything that was to be sent automatically was."""
        self.queue.join()

    def deliver(self, only=None, **how):
        """Sends what is held, now and once, as send_all() does. only: types or ids; the others stay
        held."""
        with self.lock:
            chosen = self.chosen(self.held, only)
            self.held = [event for event in self.held if event not in chosen]
        return self.send_all(chosen, **how)

    def resend(self, only=None, **how):
        """Sends again, as send_all() does, what there ever was, delivered or not."""
        with self.lock:
            chosen = self.chosen(self.events, only)
        return self.send_all(chosen, **how)

    def chosen(self, events, only):
        return [event for event in events
                if only is None or event["id"] in only or type_of(event) in only]

    def send_all(self, events, copies=1, shuffle=False, seed=0, parallel=1):
        """[(type, status)] in the order of sending. parallel: so many at a time."""
        with self.lock:
            self.random = random.Random(seed)
            events = self.arranged(events, copies, shuffle)
        with concurrent.futures.ThreadPoolExecutor(max(1, parallel)) as pool:
            return [(type_of(event), status)
                    for event, status in zip(events, pool.map(self.send, events))]

    def was_delivered(self, event_id):
        with self.lock:
            return any(delivery["id"] == event_id and delivery["status"] // 100 == 2
                       for delivery in self.deliveries)
