#!/usr/bin/python3
"""A stand-in for the payment gateways, Stripe and PayPal, for the tests and the demo shop: their
published contracts, kept state, signed events, and misbehaviour on demand.

    standin = StandIn(webhook_urls={"stripe": URL, "paypal": URL}); standin.start()
    standin.stripe.pay(intent_id); standin.paypal.approve(order_id)    what buyers and banks do
    standin.misbehave("stripe", "create", "hang_after", times=2)       what goes wrong (KINDS)
    standin.stripe.outbox.set_mode("held"); ....outbox.deliver(shuffle=True, copies=2)
    standin.books(); standin.refused; standin.wrong; standin.requests  what is there to look at

What the contracts do not allow is refused as the gateway does, and noted in refused: a test that does
not mean that asserts that it is empty. Over HTTP the same is below /_control/ (gateway_control.py), and
what a buyer sees at / and /pay/ (gateway_pages.py)."""
import argparse
import contextlib
import http.client
import http.server
import json
import os
import select
import signal
import socket
import struct
import sys
import tempfile
import threading
import time

import gateway_control
import gateway_pages
from gateway_common import NONE, OUTCOMES, Faults, Request, token
from gateway_events import Outbox
from gateway_paypal import PayPal
from gateway_paypal_signing import Signer
from gateway_stripe import Stripe

CONTRACTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "shared",
                         "gateways")
FILES = {"stripe": ["stripe"], "paypal": ["paypal-orders", "paypal-payments", "paypal-webhooks"]}


def read_contracts(folder):
    """({gateway: [Contract]}, None), or ({}, why there are none)."""
    try:
        from gateway_contract import Contract  # needs python3-jsonschema
        return {gateway: [Contract(os.path.join(folder, f"{name}.json")) for name in names]
                for gateway, names in FILES.items()}, None
    except (OSError, ImportError) as error:
        return {}, str(error)


class StandIn:
    """Both gateways at one address. folder: where certificates and state stay over a restart; without
    one they are gone with stop(). public_url: how browsers reach it, where that is not its own."""

    def __init__(self, contracts=CONTRACTS, host="127.0.0.1", port=0, public_url=None, folder=None,
                 webhook_urls=None, stripe_secrets=("whsec_standin",), paypal_client="standin-client",
                 paypal_secret="standin-secret", paypal_webhook_id="8PT597110X687430LKGECATA"):
        self.host, self.port, self.public_url, self.server = host, port, public_url, None
        self.temporary = None if folder else tempfile.TemporaryDirectory(prefix="gateways-")
        self.folder = folder or self.temporary.name
        os.makedirs(self.folder, exist_ok=True)
        os.chmod(self.folder, 0o755)
        self.faults, self.requests, self.refused, self.wrong = Faults(), [], [], []
        self.lock = threading.Lock()
        signer = Signer(self.folder)
        self.ca_file = signer.ca_file
        self.stripe = Stripe(Outbox(Stripe.encode, self.sign_stripe), stripe_secrets)
        self.paypal = PayPal(Outbox(PayPal.encode, self.sign_paypal), signer,
                             paypal_client, paypal_secret, paypal_webhook_id)
        self.gateways = {"stripe": self.stripe, "paypal": self.paypal}
        found, self.without_contracts = read_contracts(contracts) if contracts else ({}, "not asked")
        for name, gateway in self.gateways.items():
            gateway.contracts = found.get(name, [])
            gateway.refused, gateway.wrong = self.refused, self.wrong
            gateway.outbox.url = (webhook_urls or {}).get(name)
            gateway.changed = self.save
        self.load()

    def sign_stripe(self, body):
        return self.stripe.signature(body)

    def sign_paypal(self, body):
        return self.paypal.signature(body)

    # For tests

    @property
    def url(self):
        return self.public_url or f"http://{self.host}:{self.port}"

    def misbehave(self, gateway, operation, kind, times=1, seconds=None):
        """What is to go wrong with the next calls of an operation: create, confirm, update, capture,
        authorize, cancel, refund, read, list, disputes, token, verify, certificate, or "*" for any.
        kind: one of KINDS, whose seconds can be other ones. "decline" of Stripe's create is for one that
        confirms; a card that its buyer pays with later is declined by the action of that name."""
        if gateway not in self.gateways:
            raise ValueError(f"no such gateway: {gateway}")
        operations = {route[2] for route in self.gateways[gateway].routes} | {"*"}
        if operation not in operations:
            raise ValueError(f"no such operation: {operation}; there are {sorted(operations)}")
        if kind in OUTCOMES and kind not in self.gateways[gateway].decides.get(operation, []):
            raise ValueError(f"{kind} means nothing to {operation} of {gateway}")
        self.faults.add(gateway, operation, kind, times, seconds)

    def check_answers(self, on=True):
        """Holds every answer against its contract too; what is wrong goes to self.wrong."""
        for gateway in self.gateways.values():
            gateway.checks_answers = on

    def asked(self, gateway, operation=None):
        """What was asked of a gateway, oldest first."""
        with self.lock:
            return [request for request in self.requests if request["gateway"] == gateway
                    and operation in (None, request["operation"])]

    def books(self):
        """{gateway: {payment: its money in centavos}} as the gateways see it."""
        return {name: gateway.books() for name, gateway in self.gateways.items()}

    def wait(self):
        """Until all events that were to be sent were."""
        for gateway in self.gateways.values():
            gateway.outbox.wait()

    def reset(self):
        """As it was when new; what is configured stays."""
        self.wait()
        self.faults.clear()
        for gateway in self.gateways.values():
            gateway.clear()
            gateway.outbox.clear()
        for notes in (self.requests, self.refused, self.wrong):
            notes.clear()
        self.save()

    # Over restarts

    def save(self):
        if self.temporary:
            return
        with self.lock:
            state = {name: {"state": gateway.state, "events": gateway.outbox.events}
                     for name, gateway in self.gateways.items()}
            path = os.path.join(self.folder, "state.json")
            with open(os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
                      encoding="utf-8") as file:
                for gateway in self.gateways.values():
                    gateway.lock.acquire()
                try:
                    json.dump(state, file)
                finally:
                    for gateway in self.gateways.values():
                        gateway.lock.release()
            os.replace(f"{path}.new", path)

    def load(self):
        with contextlib.suppress(FileNotFoundError):
            with open(os.path.join(self.folder, "state.json"), encoding="utf-8") as file:
                for name, kept in json.load(file).items():
                    self.gateways[name].state.update(kept["state"])
                    self.gateways[name].outbox.events = kept["events"]

    # Serving

    def start(self):
        standin = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def serve(self):
                if standin.server is not self.server:  # it was stopped meanwhile
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path, _, query = self.path.partition("?")
                with contextlib.suppress(OSError):
                    standin.serve(self, Request(self.command, path, query, self.headers, body))

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *client):
                if not isinstance(sys.exc_info()[1], OSError):  # else who asked has gone
                    super().handle_error(*client)

        self.server = Server((self.host, self.port), Handler)
        self.port = self.server.server_port
        for gateway in self.gateways.values():
            gateway.url = self.url
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        """Nobody answers any more; start() again is on the same port, with all that was there."""
        server, self.server = self.server, None
        server.shutdown()
        server.server_close()

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def serve(self, handler, request):
        if request.path.startswith("/_control/"):
            self.write(handler, gateway_control.answer(self, request))
        elif request.path == "/" or request.path.startswith("/pay/"):
            self.write(handler, gateway_pages.answer(self, request))
        else:
            self.serve_gateway(handler, request)

    def serve_gateway(self, handler, request):
        gateway = self.paypal if self.paypal.serves(request.path) else self.stripe
        route = gateway.find(request)
        fault = self.faults.take(gateway.name, route.operation) if route else NONE
        if fault.kind in ("hang_before", "reset"):
            self.note(gateway, request, route, fault, {}, None)
            self.break_off(handler, fault)
            return
        given, call = gateway.answer(request, route, fault)
        given = given._replace(headers={**given.headers, gateway.request_id: f"req_{token(14)}"})
        self.note(gateway, request, route, fault, call.fields, given.status)
        try:
            if fault.kind == "event_first":
                gateway.outbox.wait()
            if fault.kind == "hang_after":
                self.break_off(handler, fault)
            else:
                self.write(handler, given, fault.kind)
        finally:
            call.answered.set()

    def note(self, gateway, request, route, fault, fields, status):
        headers = request.headers
        with self.lock:
            self.requests.append({
                "gateway": gateway.name, "operation": route.operation if route else None,
                "method": request.method, "path": request.path, "query": request.query,
                "fields": fields, "status": status, "fault": fault.kind, "at": time.time(),
                "key": headers.get("Idempotency-Key") or headers.get("PayPal-Request-Id")})

    @staticmethod
    def break_off(handler, fault):
        """No answer: the connection is closed after a while, or as soon as who asked gives up."""
        handler.close_connection = True
        connection, until = handler.connection, time.monotonic() + fault.seconds
        while fault.kind != "reset" and time.monotonic() < until:
            if select.select([connection], [], [], 0.05)[0] and not connection.recv(
                    1, socket.MSG_PEEK):
                return
        if fault.kind == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

    @staticmethod
    def write(handler, given, kind=None):
        length = [] if given.status == 204 else [f"Content-Length: {len(given.body)}"]
        head = "\r\n".join([
            f"HTTP/1.1 {given.status} {http.client.responses.get(given.status, '')}",
            *(f"{name}: {value}" for name, value in given.headers.items()), *length, "", ""])
        text = head.encode("latin-1") + given.body
        if kind == "cut":
            text = text[:len(text) - (len(given.body) + 1) // 2]
            handler.close_connection = True
        handler.wfile.write(text * 2 if kind == "twice" else text)


def main():
    parser = argparse.ArgumentParser(description="A stand-in for Stripe and PayPal.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--public-url", help="how browsers reach it (default: http://HOST:PORT)")
    parser.add_argument("--contracts", default=CONTRACTS, help="folder of the OpenAPI documents")
    parser.add_argument("--folder", help="keeps state and certificates here")
    parser.add_argument("--webhook-url-stripe")
    parser.add_argument("--webhook-url-paypal")
    parser.add_argument("--stripe-secret", action="append", help="signs events; may be repeated")
    parser.add_argument("--paypal-client", default="standin-client")
    parser.add_argument("--paypal-secret", default="standin-secret")
    parser.add_argument("--paypal-webhook-id", default="8PT597110X687430LKGECATA")
    options = parser.parse_args()
    standin = StandIn(
        contracts=options.contracts, host=options.host, port=options.port,
        public_url=options.public_url, folder=options.folder,
        webhook_urls={"stripe": options.webhook_url_stripe, "paypal": options.webhook_url_paypal},
        stripe_secrets=options.stripe_secret or ("whsec_standin",),
        paypal_client=options.paypal_client, paypal_secret=options.paypal_secret,
        paypal_webhook_id=options.paypal_webhook_id)
    if standin.without_contracts:
        print(f"gateways: requests are not held against contracts: {standin.without_contracts}",
              file=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with standin:
        print(f"gateways: {standin.url}, certificates trusted by {standin.ca_file}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
