"""How Stripe is spoken to: keys, versions and idempotency; refusals in its words; expanded and listed
documents; signed events."""
import hashlib
import hmac
import json
import re
import time

import gateway_stripe_shapes as shapes
from gateway_common import Answer, token
from gateway_forms import guess, read_form
from gateway_stripe_money import StripeMoney

EXPANDABLE = {
    "payment_intent": {"latest_charge": "charges", "payment_method": "payment_methods"},
    "charge": {"balance_transaction": "balance_transactions", "payment_intent": "payment_intents",
               "failure_balance_transaction": "balance_transactions"},
    "refund": {"balance_transaction": "balance_transactions", "charge": "charges",
               "failure_balance_transaction": "balance_transactions",
               "payment_intent": "payment_intents"},
    "balance_transaction": {"source": ("charges", "refunds", "disputes")},
}

class StripeFront(StripeMoney):
    """search_delay: seconds until a search finds what is new. secrets: all that sign events."""

    def __init__(self, outbox, secrets):
        self.secrets, self.revoked, self.search_delay = list(secrets), set(), 0
        super().__init__(outbox)

    def clear(self):
        super().clear()
        self.search_delay = 0
        self.revoked.clear()

    # Events

    def signature(self, body, at=None, secrets=None):
        """The headers of an event: scheme v1, once for each secret."""
        at = int(time.time()) if at is None else at
        signed = f"{at}.".encode() + body
        parts = [f"t={at}"] + [f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
                               for secret in secrets or self.secrets]
        return {"Stripe-Signature": ",".join(parts), "User-Agent":
                "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                "Content-Type": "application/json; charset=utf-8"}

    @staticmethod
    def encode(event):
        return json.dumps(event, indent=2, ensure_ascii=False).encode()

    # Who asks, and how

    def authenticate(self, call):
        scheme, _, key = (call.request.headers.get("Authorization") or "").partition(" ")
        if scheme != "Bearer" or not key:
            raise shapes.error(401, "You did not provide an API key. You need to provide your API key"
                                    " in the Authorization header, using Bearer auth.")
        match = re.fullmatch("[sr]k_(test|live)_[A-Za-z0-9]{8,}", key)
        if not match or key in self.revoked:
            raise shapes.error(401, f"Invalid API Key provided: {key[:8]}{'*' * 12}{key[-4:]}")
        call.live = match[1] == "live"
        if call.request.method == "POST":
            given = call.request.headers.get("Idempotency-Key")
            call.key = f"{match[1]}:{given}" if given else None

    def rules(self, call):
        headers, reasons = call.request.headers, []
        version = headers.get("Stripe-Version")
        if version is None:
            reasons.append(("Stripe-Version", "is missing: say which shapes you read"))
        elif version != shapes.API_VERSION:
            reasons.append(("Stripe-Version", f"Invalid Stripe API version: {version}"))
        key = headers.get("Idempotency-Key")
        if call.request.method == "POST" and not 0 < len(key or "") <= 255:
            reasons.append(("Idempotency-Key", "is missing or longer than 255 characters"))
        if call.request.method == "GET" and call.request.body:
            reasons.append(("", "a GET has no body"))
        return reasons

    def read(self, call):
        super().read(call)
        self.refuse_empty(call, call.fields, "")
        metadata = call.fields.get("metadata") or {}
        if len(metadata) > 50 or any(len(key) > 40 or len(value) > 500
                                     for key, value in metadata.items()):
            self.refuse(call, [("metadata", "has more than 50 keys, a key of more than 40 characters"
                                            " or a value of more than 500")])

    def read_unchecked(self, call):
        call.query = guess(read_form(call.request.query))
        call.fields = guess(read_form(call.request.body.decode()))

    def refuse_empty(self, call, fields, where):
        """An empty string unsets what can be unset, and is refused elsewhere."""
        for name, value in fields.items():
            place = f"{where}[{name}]" if where else name
            if isinstance(value, dict) and name != "metadata":
                self.refuse_empty(call, value, place)
            elif value == "":
                self.refuse(call, [(place, "You passed an empty string. We assume empty values are an"
                                           " attempt to unset a parameter; however it cannot be"
                                           " unset.")])

    # Refusals

    def malformed(self, reasons):
        where, words = reasons[0]
        code = ("parameter_missing" if "required property" in words else
                "parameter_unknown" if "Additional properties" in words else
                "parameter_invalid_integer" if "'integer'" in words else None)
        return shapes.error(400, f"{where}: {words}".strip(": "), code=code,
                            param=re.sub(r"^\[(\w+)\]", r"\1", where) or None)

    def busy(self, call):
        return shapes.error(
            409, "There is currently another in-progress request using this Idempotent Key (that"
                 " probably means you submitted twice, and the other request is still going"
                 f" through): {call.key.partition(':')[2]}. Please try again later.",
            "idempotency_error", code="idempotency_key_in_use")

    def used_otherwise(self, call):
        return shapes.error(
            400, "Keys for idempotent requests can only be used with the same parameters they were"
                 f" first used with. Try using a key other than '{call.key.partition(':')[2]}' if you"
                 " meant to execute a different request.", "idempotency_error")

    def not_now(self, fault):
        if fault.kind == "rate_limit":
            return shapes.error(429, "Request rate limit exceeded. You can learn more about rate"
                                     " limits here https://stripe.com/docs/rate-limits.",
                                code="rate_limit", headers={"Retry-After": str(fault.seconds)}).answer
        return self.broken()

    def broken(self):
        return shapes.error(500, "An unexpected error occurred on our side.", "api_error").answer

    def missing(self, call, kind, name, param):
        words = f"No such {kind}: '{name}'"
        if name in self.state.get(f"{kind}s", {}):
            other, own = ("test", "live") if call.live else ("live", "test")
            words += (f"; a similar object exists in {other} mode, but a {own} mode key was used to"
                      " make this request.")
        return shapes.error(404, words, code="resource_missing", param=param)

    # Keys. What was carried out is replayed as it was answered, whatever that was.

    def keep(self, call, given):
        self.state["kept"][call.key] = {
            "fingerprint": call.fingerprint(), "status": given.status,
            "body": given.body.decode(), "headers": given.headers}

    def replay(self, call, kept):
        return Answer(kept["status"], kept["body"].encode(), {
            **kept["headers"], "Idempotent-Replayed": "true"})

    def begin(self, call):
        self.cause = (None, None) if call is None else (
            f"req_{token(14)}", call.request.headers.get("Idempotency-Key"))

    # Documents

    def finished(self, call, document):
        """The document with what the caller wants expanded."""
        wanted = call.fields.get("expand") or call.query.get("expand") or []
        for path in wanted:
            if path.count(".") >= 4 + (document["object"] in ("list", "search_result")):
                raise shapes.error(400, "You cannot expand more than 4 levels of a property.",
                                   param="expand")
            document = self.expanded(document, path.split("."))
        return document

    def expanded(self, document, path):
        if document["object"] in ("list", "search_result"):
            if path[0] != "data":
                raise shapes.error(400, f"This property cannot be expanded ({path[0]}). You may want"
                                        f" to try expanding 'data.{path[0]}' instead.", param="expand")
            return {**document, "data": [self.expanded(one, path[1:]) for one in document["data"]]}
        if document["object"] == "charge" and path[0] == "refunds":
            return {**document, "refunds": self.listed([
                refund for refund in self.state["refunds"].values()
                if refund["charge"] == document["id"]], f"/v1/charges/{document['id']}/refunds", {})}
        tables = EXPANDABLE.get(document["object"], {}).get(path[0])
        if tables is None:
            raise shapes.error(400, f"This property cannot be expanded ({path[0]}).", param="expand")
        inner = document[path[0]]
        if isinstance(inner, str):
            tables = (tables,) if isinstance(tables, str) else tables
            inner = next(self.state[table][inner] for table in tables if inner in self.state[table])
        if len(path) > 1 and inner is not None:
            inner = self.expanded(inner, path[1:])
        return {**document, path[0]: inner}

    def get(self, call, table, kind, name, param="id"):
        """An object of the caller's mode."""
        found = self.state[table].get(name)
        if found is None or self.is_live(found) != call.live:
            raise self.missing(call, kind, name, param)
        return found

    def is_live(self, document):
        """Refunds and balance transactions do not say it: what they belong to does."""
        if "livemode" in document:
            return document["livemode"]
        if document["object"] == "balance_transaction":
            source = document["source"]
            return self.is_live(next(self.state[table][source] for table in (
                "charges", "refunds", "disputes") if source in self.state[table]))
        return self.state["charges"][document["charge"]]["livemode"]

    def listed(self, documents, url, query):
        """A page of a list, newest first."""
        documents = list(reversed(documents))
        created = query.get("created", {})
        if not isinstance(created, dict):
            created = {"gte": created, "lte": created}
        compare = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
        documents = [one for one in documents if all(
            compare[how](one["created"], int(bound)) for how, bound in created.items())]
        limit, names = int(query.get("limit", 10)), [one["id"] for one in documents]
        if not 1 <= limit <= 100:
            raise shapes.error(400, "This value must be between 1 and 100.", param="limit",
                               code="parameter_invalid_integer")
        for cursor in ("starting_after", "ending_before"):
            if cursor in query and query[cursor] not in names:
                raise shapes.error(404, f"No such object: '{query[cursor]}'", param=cursor,
                                   code="resource_missing")
        if "ending_before" in query:
            documents = documents[:names.index(query["ending_before"])]
            page, more = documents[-limit:], len(documents) > limit
        else:
            start = names.index(query["starting_after"]) + 1 if "starting_after" in query else 0
            page, more = documents[start:start + limit], len(documents) > start + limit
        return {"object": "list", "data": page, "has_more": more, "url": url}

    def list_of(self, call, table, **filters):
        documents = [one for one in self.state[table].values() if self.is_live(one) == call.live
                     and all(call.query.get(name) in (None, one[field])
                             for name, field in filters.items())]
        return 200, self.listed(documents, call.request.path, call.query)
