"""A stand-in for a search engine: the part of the published API of OpenSearch and Elasticsearch that
Vendas uses, over documents that it keeps in memory. It is strict: what the real ones do not know it
refuses with 400, as they do, and what Vendas does not use it does not know. Its stems are crude."""
import base64
import contextlib
import http.server
import json
import re
import threading
import time
import unicodedata

STOP_WORDS = {"a", "com", "da", "de", "do", "e", "em", "o", "os", "para", "um", "uma"}
TOKEN_FILTERS = {"stop": {"type", "stopwords"}, "snowball": {"type", "language"}}
FIELD_OPTIONS = {
    "text": {"type", "index", "copy_to", "analyzer", "norms"},
    "keyword": {"type", "copy_to", "ignore_above"}, "nested": {"type", "properties"},
    "double": {"type"}, "long": {"type"}, "integer": {"type"}, "boolean": {"type"},
}
VALUE_TYPES = {"text": str, "keyword": str, "boolean": bool, "double": (int, float), "long": int,
               "integer": int}
FLAGS = {"ALL", "AND", "ESCAPE", "FUZZY", "NEAR", "NONE", "NOT", "OR", "PHRASE", "PRECEDENCE",
         "PREFIX", "SLOP", "WHITESPACE"}


class Refused(Exception):
    """What an engine answers with an error."""

    def __init__(self, status, kind, reason=""):
        super().__init__(reason)
        self.status, self.kind, self.reason = status, kind, reason

    def document(self):
        return {"error": {"type": self.kind, "reason": self.reason,
                          "root_cause": [{"type": self.kind, "reason": self.reason}]},
                "status": self.status}


def check(condition, reason):
    if not condition:
        raise Refused(400, "parsing_exception", reason)


def members(value, allowed, required=()):
    check(isinstance(value, dict), f"not an object: {value}")
    check(set(value) <= set(allowed), f"unknown key in {sorted(value)}")
    check(set(required) <= set(value), f"a key is missing in {sorted(value)}")
    return value


def only(value):
    """The one member of an object."""
    check(isinstance(value, dict) and len(value) == 1, f"expected one member: {value}")
    return next(iter(value.items()))


# Text -----------------------------------------------------------------------------------------

def fold(text):
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower())
                   if not unicodedata.combining(c))


def stem(word):
    return re.sub(r"(?:os|as|es|s|[aeo])$", "", word) if len(word) > 3 else word


def analyze(text):
    return [stem(word) for word in re.findall(r"\w+", fold(text)) if word not in STOP_WORDS]


def holds_phrase(terms, phrase):
    return any(terms[at:at + len(phrase)] == phrase for at in range(len(terms)))


def simple_query_string(query, terms):
    """Whether a list of terms fits a query whose operator is "and"; None: it asks for nothing."""
    results = []
    for sign, phrase, word in re.findall(r'(-?)(?:"([^"]*)"|(\S+))', query):
        if phrase:
            wanted = analyze(phrase)
            found = holds_phrase(terms, wanted) if wanted else None
        elif word.endswith("*"):
            found = any(term.startswith(fold(word[:-1])) for term in terms if term)
        else:
            wanted = analyze(word)
            found = all(term in terms for term in wanted) if wanted else None
        if found is not None:
            results.append(not found if sign else found)
    return all(results) if results else None


# An index -------------------------------------------------------------------------------------

def check_fields(fields, analyzers):
    for name, options in fields.items():
        check(options.get("type") in FIELD_OPTIONS, f"no such type: {name}")
        members(options, FIELD_OPTIONS[options["type"]])
        check(options.get("analyzer", "standard") in {"standard", *analyzers}, f"analyzer of {name}")
        check(set(options.get("copy_to", [])) <= set(fields), f"copy_to of {name}")
        check_fields(options.get("properties", {}), analyzers)


class Index:
    def __init__(self, body):
        members(body, {"settings", "mappings"})
        analysis = members(body.get("settings", {}), {"analysis"}).get("analysis", {})
        members(analysis, {"filter", "analyzer"})
        for options in analysis.get("filter", {}).values():
            members(options, TOKEN_FILTERS[options["type"]])
        for options in analysis.get("analyzer", {}).values():
            members(options, {"type", "tokenizer", "filter"})
            check(set(options["filter"]) <= {"lowercase", "asciifolding", *analysis["filter"]},
                  "unknown token filter")
        self.mappings = members(body.get("mappings", {}), {"_meta", "dynamic", "properties"})
        self.fields = self.mappings.get("properties", {})
        check_fields(self.fields, analysis.get("analyzer", {}))
        self.documents, self.terms, self.versions = {}, {}, {}

    def field(self, name):
        fields = self.fields
        for part in name.split(".")[:-1]:
            fields = fields.get(part, {}).get("properties", {})
        check(name.split(".")[-1] in fields, f"no such field: {name}")
        return fields[name.split(".")[-1]]

    def check_document(self, document, fields):
        for name, value in document.items():
            if name not in fields and self.mappings.get("dynamic") == "strict":
                raise Refused(400, "strict_dynamic_mapping_exception", name)
            kind = fields.get(name, {}).get("type")
            for one in value if isinstance(value, list) else [value]:
                if kind == "nested":
                    self.check_document(one, fields[name]["properties"])
                elif one is not None and kind and (
                        not isinstance(one, VALUE_TYPES[kind])
                        or (isinstance(one, bool) and kind != "boolean")):
                    raise Refused(400, "document_parsing_exception", f"{name}: {one}")

    def act(self, action, options, document):
        """One action of a bulk request; its status."""
        members(options, {"_id", "version", "version_type"}, {"_id"})
        name, version = options["_id"], options.get("version", 1)
        check(options.get("version_type", "internal") == "external", "version_type")
        if version <= self.versions.get(name, -1):
            raise Refused(409, "version_conflict_engine_exception", "a newer one is there")
        if action == "index":
            self.check_document(document, self.fields)
        self.versions[name] = version
        old = self.documents.pop(name, None)
        if action == "delete":
            return 200 if old else 404
        self.documents[name], self.terms[name] = document, {}
        for field, options in self.fields.items():
            values = document.get(field)
            for target in options.get("copy_to", []):
                for value in values if isinstance(values, list) else [values]:
                    # A gap is between values, which no phrase spans.
                    self.terms[name].setdefault(target, []).extend(
                        [*analyze(value), None] if value else [])
        return 200 if old else 201

    # Queries: each gives the score of a document, None where it does not fit.

    def values(self, document, field):
        part = document.get(field.split(".")[-1])
        return [value for value in (part if isinstance(part, list) else [part]) if value is not None]

    def exact(self, document, field):
        check(self.field(field)["type"] not in ("text", "nested"), f"exact search in {field}")
        check("." not in field or "id" not in document, f"{field} is searched in nested queries")
        longest = self.field(field).get("ignore_above")
        return [value for value in self.values(document, field)
                if longest is None or len(value) <= longest]

    def score(self, name, document, query):
        kind, options = only(query)
        return getattr(self, f"query_{kind}", self.unknown)(name, document, options)

    @staticmethod
    def unknown(*_):
        raise Refused(400, "parsing_exception", "unknown query")

    def query_bool(self, name, document, options):
        members(options, {"filter", "should", "minimum_should_match"})
        filters = [self.score(name, document, q) for q in options.get("filter", [])]
        should = [self.score(name, document, q) for q in options.get("should", [])]
        fits = [score for score in should if score is not None]
        least = options.get("minimum_should_match", 0 if "filter" in options else 1)
        if None in filters or len(fits) < (least if should else 0):
            return None
        return float(sum(fits))

    def query_constant_score(self, name, document, options):
        members(options, {"filter", "boost"}, {"filter"})
        score = self.score(name, document, options["filter"])
        return None if score is None else float(options.get("boost", 1))

    def query_term(self, _, document, options):
        field, value = only(options)
        check(not isinstance(value, (list, dict)), "a term is one value")
        return 0.0 if value in self.exact(document, field) else None

    def query_terms(self, _, document, options):
        field, wanted = only(options)
        check(isinstance(wanted, list), "terms are a list")
        return 0.0 if set(wanted) & set(self.exact(document, field)) else None

    def query_range(self, _, document, options):
        field, bounds = only(options)
        members(bounds, {"gte", "lte"})
        check(all(type(bound) in (int, float) for bound in bounds.values()), "bounds are numbers")
        low, high = bounds.get("gte", float("-inf")), bounds.get("lte", float("inf"))
        return 0.0 if any(low <= v <= high for v in self.exact(document, field)) else None

    def query_nested(self, name, document, options):
        members(options, {"path", "query"}, {"path", "query"})
        check(self.field(options["path"])["type"] == "nested", "path is not nested")
        scores = [self.score(name, one, options["query"]) for one in self.values(
            document, options["path"])]
        return next((score for score in scores if score is not None), None)

    def query_simple_query_string(self, name, _, options):
        members(options, {"query", "fields", "default_operator", "flags"}, {"query", "fields"})
        check(set(options["flags"].split("|")) <= FLAGS, "flags")
        check(options["default_operator"] == "and", "default_operator")
        [field] = options["fields"]
        check(self.field(field).get("analyzer"), f"{field} has no words")
        fits = simple_query_string(options["query"], self.terms[name].get(field, []))
        return 1.0 if fits else None

    # Searches

    def sort_value(self, hit, field):
        name, document, score = hit
        if field == "_score":
            return score
        [value] = self.exact(document, field)
        return value

    def hits(self, found, body):
        orders = [only(order) for order in body.get("sort", [{"_score": {"order": "desc"}}])]
        for field, options in orders:
            members(options, {"order"})
            check(field == "_score" or self.field(field), field)
        rows = [([self.sort_value(hit, field) for field, _ in orders], hit) for hit in found]
        for place in reversed(range(len(orders))):
            rows.sort(key=lambda row, place=place: row[0][place],
                      reverse=orders[place][1]["order"] == "desc")
        after = body.get("search_after")
        if after:
            check(len(after) == len(orders), "search_after has another length than sort")
            rows = [row for row in rows if self.is_behind(row[0], after, orders)]
        return [{"_index": "i", "_id": hit[0], "_score": None, "sort": values}
                for values, hit in rows[:body.get("size", 10)]]

    @staticmethod
    def is_behind(values, after, orders):
        for value, bound, (field, options) in zip(values, after, orders):
            check(isinstance(bound, str) == isinstance(value, str), f"search_after of {field}")
            if value != bound:
                return (value > bound) == (options["order"] == "asc")
        return False

    def aggregate(self, documents, wanted):
        return {name: self.one_aggregation(documents, options) for name, options in wanted.items()}

    def one_aggregation(self, documents, options):
        options = dict(options)
        below = options.pop("aggs", {})
        kind, how = only(options)
        if kind == "nested":
            members(how, {"path"}, {"path"})
            inner = [one for document in documents for one in self.values(document, how["path"])]
            return {"doc_count": len(inner), **self.aggregate(inner, below)}
        if kind == "stats":
            members(how, {"field"}, {"field"})
            values = [float(v) for document in documents for v in self.exact(document, how["field"])]
            return {"count": len(values), "min": min(values, default=None),
                    "max": max(values, default=None), "sum": sum(values)}
        check(kind == "terms", f"unknown aggregation {kind}")
        return self.terms_aggregation(documents, how, below)

    def terms_aggregation(self, documents, how, below):
        members(how, {"field", "size", "include", "order"}, {"field"})
        groups = {}
        for document in documents:
            for value in set(self.exact(document, how["field"])):
                if value in how.get("include", [value]):
                    groups.setdefault(value, []).append(document)
        order = how.get("order", {"_count": "desc"})
        check(order in ({"_count": "desc"}, {"_key": "asc"}), f"order {order}")
        ranked = sorted(groups.items(), key=lambda group: (
            0 if "_key" in order else -len(group[1]), group[0]))
        buckets = []
        for value, inside in ranked[:how.get("size", 10)]:
            key = {"key": value} if not isinstance(value, bool) else {
                "key": int(value), "key_as_string": str(value).lower()}
            buckets.append({**key, "doc_count": len(inside), **self.aggregate(inside, below)})
        return {"doc_count_error_upper_bound": 0, "sum_other_doc_count": 0, "buckets": buckets}

    def search(self, body):
        members(body, {"size", "_source", "track_total_hits", "query", "sort", "search_after", "aggs"},
                {"query"})
        found = []
        for name, document in self.documents.items():
            score = self.score(name, document, body["query"])
            if score is not None:
                found.append((name, document, score))
        answer = {"took": 1, "timed_out": False, "_shards": {"total": 1, "successful": 1, "failed": 0},
                  "hits": {"max_score": None, "hits": self.hits(found, body)}}
        if "aggs" in body:
            answer["aggregations"] = self.aggregate([hit[1] for hit in found], body["aggs"])
        return answer


# The server -----------------------------------------------------------------------------------

class Engine:
    """A running engine. fault(request) may answer in its place: a status and bytes, or None."""

    def __init__(self, authorization=None):
        self.indices, self.asked, self.authorization = {}, [], authorization
        self.fault = lambda method, path: None
        self.refuses, self.is_busy_for = set(), set()
        self.server = None
        self.port = 0

    def start(self):
        engine = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, text = engine.answer(self.command, self.path, self.headers, body)
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)

            do_GET = do_PUT = do_POST = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def url(self, index):
        return f"http://127.0.0.1:{self.port}/{index}"

    def searches(self):
        return sum("/_search" in path for _, path in self.asked)

    def answer(self, method, path, headers, body):
        self.asked.append((method, path))
        instead = self.fault(method, path)
        if instead:
            return instead
        try:
            if self.authorization and headers.get("Authorization") != self.authorization:
                raise Refused(401, "security_exception", "who are you?")
            return 200, json.dumps(self.route(method, path, headers, body)).encode()
        except Refused as refused:
            return refused.status, json.dumps(refused.document()).encode()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return 400, json.dumps(Refused(400, "parsing_exception", repr(error)).document()).encode()

    def route(self, method, path, headers, body):
        name, _, rest = path[1:].partition("/")
        check(re.fullmatch("[a-z][a-z0-9-]*", name), "invalid index name")
        if body:
            check(headers["Content-Type"] in ("application/json", "application/x-ndjson"),
                  "Content-Type")
        if (method, rest) == ("PUT", ""):
            if name in self.indices:
                raise Refused(400, "resource_already_exists_exception", name)
            self.indices[name] = Index(json.loads(body))
            return {"acknowledged": True, "shards_acknowledged": True, "index": name}
        if (method, rest) == ("POST", "_bulk"):
            return self.bulk(self.indices.setdefault(name, Index({})), body.decode())
        if name not in self.indices:
            raise Refused(404, "index_not_found_exception", f"no such index [{name}]")
        if (method, rest) == ("GET", "_mapping"):
            return {name: {"mappings": self.indices[name].mappings}}
        if (method, rest) == ("DELETE", ""):
            del self.indices[name]
            return {"acknowledged": True}
        check((method, rest) == ("POST", "_search?allow_partial_search_results=false"), path)
        return self.indices[name].search(json.loads(body))

    def bulk(self, index, text):
        check(text.endswith("\n"), "The bulk request must be terminated by a newline [\\n]")
        lines, items = iter(text.split("\n")[:-1]), []
        for line in lines:
            action, options = only(json.loads(line))
            check(action in ("index", "delete"), f"unknown action {action}")
            document = json.loads(next(lines)) if action == "index" else None
            try:
                if options["_id"] in self.is_busy_for:
                    raise Refused(429, "es_rejected_execution_exception", "busy")
                if options["_id"] in self.refuses:
                    raise Refused(400, "document_parsing_exception", "not this one")
                status, more = index.act(action, options, document), {}
            except Refused as refused:
                status, more = refused.status, {"error": refused.document()["error"]}
            items.append({action: {"_index": "i", "_id": options["_id"], "status": status, **more}})
        return {"took": 1, "items": items,
                "errors": any("error" in item for one in items for item in one.values())}


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def slow(seconds):
    """A fault: an answer that comes late."""
    def fault(_, path):
        if "/_search" in path:
            time.sleep(seconds)
    return fault


def always(status, text, part="/_search"):
    """A fault: always this answer to what has that in its path."""
    return lambda _, path: (status, text) if part in path else None
