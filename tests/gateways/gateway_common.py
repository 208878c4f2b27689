"""What the stand-ins for the gateways share: requests and answers, a gateway that keeps state, replays
what was asked twice and holds everything against its contract, and misbehaviour on demand."""
import base64
import collections
import functools
import hashlib
import json
import os
import re
import threading
import time

from gateway_forms import Malformed

Request = collections.namedtuple("Request", "method path query headers body")
Answer = collections.namedtuple("Answer", "status body headers")  # body: bytes
Route = collections.namedtuple("Route", "operation handler arguments")
Fault = collections.namedtuple("Fault", "kind seconds")

NONE = Fault(None, 0)
BAD_GATEWAY = Answer(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", {
    "Content-Type": "text/html"})

OUTCOMES = ("decline", "pending", "fail")

# How a call may go wrong, and its seconds unless told otherwise. See also gateways.py.
KINDS = {
    # What the gateway decides, where a gateway's "decides" has it.
    **dict.fromkeys(OUTCOMES, 0),
    # The call is not accepted. hang: how long until the connection is closed; 429: Retry-After.
    "hang_before": 30, "error_before": 0, "bad_gateway": 0, "rate_limit": 1, "reset": 0,
    # The call is accepted, the answer does not come as it should.
    "hang_after": 30, "error_after": 0, "cut": 0, "slow": 2, "twice": 0,
    # The answer is good, the events are not.
    "event_first": 0, "drop_events": 0, "duplicate_events": 0, "shuffle_events": 0,
}


class Refused(Exception):
    """What a gateway answers with an error."""

    def __init__(self, status, document, headers=None):
        super().__init__(json.dumps(document))
        self.answer = answer(status, document, headers)


def answer(status, document, headers=None):
    body = b"" if document is None else json.dumps(document, indent=2, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    return Answer(status, body, headers)


def token(length, alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"):
    return "".join(alphabet[byte % len(alphabet)] for byte in os.urandom(length))


def reais(centavos):
    """ "R$1.299,90", as messages and pages show it."""
    text = f"R${abs(centavos) // 100:,}.{abs(centavos) % 100:02}".translate(str.maketrans(",.", ".,"))
    return f"-{text}" if centavos < 0 else text


class Faults:
    """What is to go wrong: for each gateway and operation ("*": any) a queue, first come first served.
    An operation's own go before those of "*"."""

    def __init__(self):
        self.queues, self.lock = collections.defaultdict(list), threading.Lock()

    def add(self, gateway, operation, kind, times=1, seconds=None):
        if kind not in KINDS:
            raise ValueError(f"no such misbehaviour: {kind}; there are {', '.join(KINDS)}")
        fault = Fault(kind, KINDS[kind] if seconds is None else seconds)
        with self.lock:
            self.queues[gateway, operation].append([fault, times])

    def take(self, gateway, operation):
        with self.lock:
            for key in ((gateway, operation), (gateway, "*")):
                queue = self.queues[key]
                if queue:
                    queue[0][1] -= 1
                    return queue.pop(0)[0] if queue[0][1] <= 0 else queue[0][0]
        return NONE

    def left(self):
        with self.lock:
            return [{"gateway": gateway, "operation": operation, "kind": fault.kind, "times": times}
                    for (gateway, operation), queue in self.queues.items()
                    for fault, times in queue]

    def clear(self):
        with self.lock:
            self.queues.clear()


class Call:
    """A request as a handler sees it. fields: the body; query: the query; both read by the contract.
    outcome: what the gateway is to decide ("decline", "pending", "fail") or None."""

    def __init__(self, request, route, fault):
        self.request, self.route, self.fault = request, route, fault
        self.fields, self.query, self.operation = {}, {}, None
        self.outcome = fault.kind if fault.kind in OUTCOMES else None
        self.arguments = route.arguments if route else []
        self.key, self.live, self.resource = None, False, None
        self.answered = threading.Event()

    def fingerprint(self):
        text = json.dumps([self.request.method, self.request.path, self.fields], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def action(method):
    """Something that happens at the gateway without the shop asking: what a buyer, his bank or the
    gateway's staff does. Its events are sent, or kept, before it returns what it did it to."""
    @functools.wraps(method)
    def act(self, *arguments, **options):
        with self.lock, self.outbox.collecting() as batch:
            self.begin(None)
            result = json.loads(json.dumps(method(self, *arguments, **options)))
            self.outbox.release(batch)
        self.changed()
        self.outbox.wait()
        return result
    act.is_action = True
    return act


class Gateway:
    """A gateway with state. routes: (method, pattern, operation, handler's name); a handler takes a
    Call and gives (status, document). decides: {operation: the outcomes that it knows}; unpublished:
    operations that no contract tells of; request_id: the header that names a call. Subclasses say how
    they authenticate and how they refuse."""

    name, request_id, tables, routes, unpublished, decides = "", "", (), (), (), {}

    def __init__(self, outbox):
        self.outbox, self.lock, self.running = outbox, threading.RLock(), set()
        self.contracts, self.refused, self.wrong = [], [], []
        self.url, self.checks_answers = "", False
        self.changed = lambda: None
        self.state = {}
        self.clear()

    def clear(self):
        with self.lock:
            self.state = {table: {} for table in (*self.tables, "kept")}

    def find(self, request):
        """The route, or None where the stand-in serves no such thing."""
        for method, pattern, operation, handler in self.routes:
            match = re.fullmatch(pattern, request.path)
            if match and method == request.method:
                return Route(operation, handler, match.groups())
        return None

    def act(self, name, *arguments, **options):
        """An action by its name, for who comes over HTTP."""
        method = getattr(self, name, None)
        if not getattr(method, "is_action", False):
            raise ValueError(f"{self.name} has no action {name!r}; it has {', '.join(self.actions())}")
        return method(*arguments, **options)

    def actions(self):
        return [name for name in dir(type(self))
                if getattr(getattr(type(self), name), "is_action", False)]

    # Calls

    def answer(self, request, route, fault):
        """The answer, and the Call as far as it was read."""
        call = Call(request, route, fault)
        try:
            if fault.kind == "bad_gateway":
                return BAD_GATEWAY, call
            if fault.kind in ("error_before", "rate_limit"):
                return self.not_now(fault), call
            self.authenticate(call)
            self.read(call)
            return self.once(call), call
        except Refused as refused:
            return refused.answer, call

    def read(self, call):
        """Holds the request against the contract and fills the call's fields."""
        reasons = self.rules(call)
        contract, found = self.operation(call.request)
        if call.route is None:
            reasons.append(("", "the stand-in serves nothing there"))
        elif contract is None and self.contracts and call.route.operation not in self.unpublished:
            reasons.append(("", "the contract knows no such path or method"))
        if reasons:
            self.refuse(call, reasons)
        try:
            if contract is None:
                self.read_unchecked(call)
            else:
                reasons = self.read_checked(call, contract, *found)
        except (Malformed, ValueError) as error:
            reasons = [("", f"malformed: {error}")]
        if reasons:
            self.refuse(call, reasons)

    @staticmethod
    def read_checked(call, contract, operation, arguments):
        request, call.operation = call.request, (contract, operation)
        call.query, reasons = contract.read_query(operation, request.query)
        call.fields, wrong = contract.read_body(operation, request.headers, request.body)
        return (reasons + contract.path_faults(operation, arguments)
                + contract.header_faults(operation, request.headers) + wrong)

    def operation(self, request):
        for contract in self.contracts:
            found = contract.find(request.method, request.path)
            if found:
                return contract, found
        return None, None

    def refuse(self, call, reasons):
        """Notes what the contract does not allow, which no test should pass over, and refuses it."""
        self.refused.append({
            "gateway": self.name, "method": call.request.method, "path": call.request.path,
            "reasons": [f"{where}: {words}" if where else words for where, words in reasons],
            "body": call.request.body.decode(errors="replace")})
        raise self.malformed(reasons)

    def once(self, call):
        """Runs what is asked; what was asked with the same key before is replayed."""
        if call.key is None:
            return self.run(call)
        with self.lock:
            if call.key in self.running:
                raise self.busy(call)
            kept = self.state["kept"].get(call.key)
            if kept:
                if kept["fingerprint"] != call.fingerprint():
                    raise self.used_otherwise(call)
                return self.replay(call, kept)
            self.running.add(call.key)
        try:
            return self.run(call)
        finally:
            self.running.discard(call.key)

    def run(self, call):
        with self.lock, self.outbox.collecting() as batch:
            given = self.handled(call)
            if call.fault.kind == "error_after":
                given = self.broken()
            if call.key is not None:
                self.keep(call, given)
            self.send_events(call, batch)
        self.changed()
        if call.fault.kind == "slow":
            time.sleep(call.fault.seconds)
        return given

    def handled(self, call):
        self.begin(call)
        try:
            status, document = getattr(self, call.route.handler)(call)
            self.check(call, status, document)
            return answer(status, self.finished(call, document))
        except Refused as refused:
            given = refused.answer
            self.check(call, given.status, json.loads(given.body))
            return given
        except (AttributeError, KeyError, TypeError) as error:
            if self.contracts:
                raise
            return self.malformed([("", f"required: {error!r}")]).answer

    def send_events(self, call, batch):
        """They come after the answer, unless the fault is that they do not, or that it does not."""
        kind = call.fault.kind
        if kind in ("event_first", "hang_after", "slow"):
            call.answered.set()
        if kind != "drop_events":
            self.outbox.release(batch, call.answered, 2 if kind == "duplicate_events" else 1,
                                kind == "shuffle_events")

    def check(self, call, status, document):
        """Whether the answer is what the contract promises: nothing else may teach the shop."""
        if self.checks_answers and call.operation:
            contract, operation = call.operation
            wrong = contract.answer_faults(operation, status, document)
            if wrong:
                self.wrong.append((call.request.method, call.request.path, status, wrong))

    def begin(self, call):
        """Before a handler, or an action (None), runs, which does so alone."""

    def finished(self, call, document):
        return document


def basic_credentials(header):
    """(user, password) of an Authorization header, or None."""
    scheme, _, text = (header or "").partition(" ")
    try:
        user, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if scheme == "Basic" and colon else None
