"""A system that is told of events: a real HTTP server that keeps what it was sent, and behaves as a
test wants it to."""
import contextlib
import hashlib
import hmac
import http.server
import json
import threading
import time


class Subscriber:
    """answer(event, n): what is answered to the n-th request: a status, or ("close", None) to hang
    up, or (status, headers). It may sleep."""

    def __init__(self, answer=lambda event, n: 200):
        self.answer, self.requests, self.lock = answer, [], threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with outer.lock:
                    outer.requests.append((time.time(), self.path, dict(self.headers), body))
                    number = len(outer.requests)
                said = outer.answer(json.loads(body), number)
                status, headers = said if isinstance(said, tuple) else (said, {})
                if status == "close":
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass  # who asked has gone

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/vendas"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self, object_id=None):
        """What it was told, as often as it was."""
        with self.lock:
            told = [json.loads(body) for _, _, _, body in self.requests]
        return [event for event in told if object_id in (None, event["object_id"])]

    def types(self, object_id):
        return [event["type"] for event in self.events(object_id)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def signed(secret, headers, body):
    """Whether a request was signed with this secret, checked as docs/webhooks.md says."""
    parts = dict(part.split("=", 1) for part in headers["Vendas-Signature"].split(","))
    expected = hmac.new(secret.encode(), parts["t"].encode() + b"." + body, hashlib.sha256)
    return (hmac.compare_digest(expected.hexdigest(), parts["v1"])
            and abs(time.time() - int(parts["t"])) < 300)


@contextlib.contextmanager
def listening(admin, event_types, answer=lambda event, n: 200, **fields):
    """A subscriber that the shop tells of these types of events, with its id and secret."""
    subscriber = Subscriber(answer)
    made = admin.post("/v1/webhooks", {"url": subscriber.url, "event_types": event_types, **fields})
    assert made.status_code == 201, made.text
    subscriber.id, subscriber.secret = made.json()["id"], made.json()["secret"]
    subscriber.path = f"/v1/webhooks/{subscriber.id}"
    try:
        yield subscriber
    finally:
        admin.delete(subscriber.path)
        subscriber.close()
