"""The contract as tests use it: openapi/vendas.yaml, and whether an answer keeps it."""
import collections
import datetime
import os
import re
import urllib.parse
import uuid

import jsonschema
import yaml

PATH = os.path.join(os.path.dirname(__file__), "..", "..", "openapi", "vendas.yaml")
METHODS = ("get", "put", "post", "patch", "delete")
JSON_TYPES = ("application/json", "application/problem+json")

# Headers that mean something to a client: present only where the contract tells of them.
TOLD_HEADERS = ("ETag", "Location", "Retry-After", "WWW-Authenticate", "Idempotent-Replayed")

Operation = collections.namedtuple("Operation", "id method path spec parameters")

# (operation's id, status) of every answer that was held against the contract.
SEEN = set()

FORMATS = jsonschema.FormatChecker(["date", "email", "uuid"])


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value):
    return not isinstance(value, str) or bool(
        datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo)


@FORMATS.checks("uri")
def is_uri(value):
    return not isinstance(value, str) or bool(urllib.parse.urlsplit(value).scheme)


def target(document, reference):
    """What "#/components/..." stands for."""
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def resolve(document, node):
    """node with every reference replaced by what it stands for; a description beside one wins."""
    if isinstance(node, list):
        return [resolve(document, item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        found = resolve(document, target(document, node["$ref"]))
        return {**found, **{k: v for k, v in node.items() if k != "$ref"}}
    return {name: resolve(document, value) for name, value in node.items()}


def closed(schema):
    """An answer's schema, which clients read as open, with no room for untold members."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        schema.setdefault("additionalProperties", False)
    return schema


def read_operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                spec = item[method]
                parameters = item.get("parameters", []) + spec.get("parameters", [])
                yield Operation(spec["operationId"], method.upper(), path, spec, parameters)


class Loader(yaml.CSafeLoader):
    """YAML in which no name stands twice: of two the last would count, and nobody would know."""

    def construct_mapping(self, node, deep=False):
        names = [self.construct_object(name, deep=True) for name, _ in node.value]
        assert len(set(names)) == len(names), f"a name stands twice at {node.start_mark}"
        return super().construct_mapping(node, deep)


with open(PATH, encoding="utf-8") as file:
    RAW = yaml.load(file, Loader=Loader)
DOCUMENT = resolve(RAW, RAW)
OPERATIONS = list(read_operations(DOCUMENT))
VALIDATORS = {}


def told_schema(operation):
    content = operation.spec.get("requestBody", {}).get("content", {})
    return content.get("application/json", {}).get("schema")


def is_foreign(operation):
    """Whether the body is somebody else's to describe: an object of which nothing more is told."""
    schema = told_schema(operation)
    return bool(schema) and schema["type"] == "object" and "properties" not in schema


def request_schema(operation):
    """The schema of an operation's JSON body, or None; None too for one that is_foreign."""
    return None if is_foreign(operation) else told_schema(operation)


def find(method, path):
    """The operation that answers, or None. A fixed part of a path goes before a {name}."""
    method = "GET" if method == "HEAD" else method
    fitting = [o for o in OPERATIONS if o.method == method and re.fullmatch(
        re.sub(r"\\{.*?\\}", "[^/]+", re.escape(o.path)), path)]
    return min(fitting, key=lambda o: o.path.count("{"), default=None)


def faults(schema, value):
    """What is wrong with value, in words."""
    validator = jsonschema.Draft202012Validator(schema, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


def wanted(operation, answer):
    """What the contract says of an answer with this status; None where it says nothing.
    "default" is for what any path may meet: failures, and requests that are no proper HTTP."""
    responses = operation.spec["responses"]
    status = answer.status_code
    if str(status) in responses:
        return responses[str(status)]
    malformed = status in (408, 414) or (status == 400 and '"bad_request"' in answer.text)
    return responses["default"] if status >= 500 or malformed else None


def check_headers(told, answer, where):
    headers = told.get("headers", {})
    for name in TOLD_HEADERS:
        assert name in headers or name not in answer.headers, f"{where}: {name} is not told of"
    for name, header in headers.items():
        assert not header.get("required") or name in answer.headers, f"{where}: {name} is missing"


def check_content(told, answer, where):
    media = answer.headers.get("Content-Type", "").split(";")[0]
    content = told.get("content", {})
    assert (media in content) if content else not answer.content, f"{where}: {media!r}"
    if media not in JSON_TYPES or answer.request.method == "HEAD":
        return
    key = (media, id(content))
    if key not in VALIDATORS:
        VALIDATORS[key] = closed(content[media]["schema"])
    wrong = faults(VALIDATORS[key], answer.json())
    assert not wrong, "\n".join([where, *wrong])


def check_answer(answer):
    """Holds an answer (of requests) against the contract. What the contract does not know, such
    as other paths and methods, is passed over."""
    path = urllib.parse.urlsplit(answer.request.url).path
    operation = find(answer.request.method, path)
    if operation is None:
        return
    where = f"{operation.id}: {answer.request.method} {path} -> {answer.status_code}"
    told = wanted(operation, answer)
    assert told is not None, f"{where} is not in the contract: {answer.text[:300]}"
    check_headers(told, answer, where)
    check_content(told, answer, where)
    SEEN.add((operation.id, answer.status_code))


def filled(path, text=None):
    """path with text, or a new id, in its gaps; nothing there has such an id. Where the gap is a
    user's who may be "me", it is, as most can be told only of oneself; where it has a form of its
    own, it is the example."""
    parameters = DOCUMENT["paths"].get(path, {}).get("parameters", [])
    for parameter in parameters:
        if parameter["in"] == "path" and "pattern" in parameter["schema"] and not text:
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    if any(p["in"] == "path" and p.get("example") == "me" for p in parameters):
        path = path.replace("{id}", "me", 1)
    return re.sub(r"{.*?}", text or str(uuid.uuid4()), path)
