"""A gateway's published contract (OpenAPI 3.0), and whether requests and answers keep it. The schemas
are read as JSON Schema draft 4, which OpenAPI 3.0 descends from; what differs is rewritten once:
nullable, and allOf, whose members become one schema so that unknown members can be refused."""
import datetime
import json
import re
import urllib.parse

import jsonschema

from gateway_forms import Malformed, read_form

FORMATS = jsonschema.FormatChecker([])


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value):
    return not isinstance(value, str) or bool(
        datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo)


@FORMATS.checks("uri", raises=ValueError)
def is_uri(value):
    return not isinstance(value, str) or bool(urllib.parse.urlsplit(value).scheme)


# Schemas --------------------------------------------------------------------------------------

def both(first, second):
    """One schema for what fits both."""
    merged = dict(first)
    for name, value in second.items():
        if name == "properties" and name in merged:
            merged[name] = dict(merged[name])
            for key, schema in value.items():
                known = merged[name].get(key)
                merged[name][key] = schema if known in (None, schema) else {"allOf": [known, schema]}
        elif name == "required":
            merged[name] = sorted({*merged.get(name, []), *value})
        else:
            merged[name] = value
    return merged


class Schemas:
    """A document's schemas as draft 4. closed: no room for members that it does not tell of."""

    def __init__(self, document, closed):
        self.document, self.closed = document, closed
        self.root = {"components": {"schemas": {
            name: self.read(schema) for name, schema in document["components"]["schemas"].items()}}}
        self.resolver = jsonschema.RefResolver("", self.root)

    def target(self, node):
        while "$ref" in node:
            parts = node["$ref"].removeprefix("#/").split("/")
            node = self.document
            for part in parts:
                node = node[part]
        return node

    def whole(self, node):
        """A schema without references and allOf at its top."""
        node = self.target(node)
        if "allOf" not in node:
            return node
        merged = {name: value for name, value in node.items() if name != "allOf"}
        for member in node["allOf"]:
            merged = both(merged, self.whole(member))
        return merged

    def read(self, node):
        if isinstance(node, list):
            return [self.read(item) for item in node]
        if not isinstance(node, dict) or "$ref" in node:
            return node
        node = self.whole(node)
        schema = {name: value if name == "enum" else self.read(value) for name, value in node.items()
                  if name not in ("nullable", "example", "properties")}
        if "properties" in node:
            schema["properties"] = {name: self.read(value)
                                    for name, value in node["properties"].items()}
            if self.closed:
                schema.setdefault("additionalProperties", False)
        if node.get("nullable"):
            return {"anyOf": [schema, {"type": "null"}]}
        return schema

    def faults(self, schema, value, where=""):
        """What is wrong with a value, as (path, words)."""
        validator = jsonschema.Draft4Validator(schema, resolver=self.resolver,
                                               format_checker=FORMATS)
        found = []
        for error in validator.iter_errors(value):
            deepest = max([error, *error.context], key=lambda one: len(one.absolute_path))
            path = "".join(f"[{part}]" for part in deepest.absolute_path)
            found.append((where + path, deepest.message[:300]))
        return found


# Forms ----------------------------------------------------------------------------------------

class Coercion:
    """Strings of a form as what the schema says that they are."""

    def __init__(self, schemas):
        self.schemas = schemas

    def target(self, schema):
        while "$ref" in schema:
            schema = self.schemas.resolver.resolve(schema["$ref"])[1]
        return schema

    def __call__(self, schema, value):
        schema = self.target(schema)
        if "anyOf" in schema:
            return self.choose(schema["anyOf"], value)
        kind = schema.get("type")
        if isinstance(value, dict):
            if kind == "array":
                return self.items(schema, value)
            properties = schema.get("properties", {})
            others = schema.get("additionalProperties")
            others = others if isinstance(others, dict) else {}
            return {name: self(properties.get(name, others), inner)
                    for name, inner in value.items()}
        if kind == "integer" and re.fullmatch(r"-?(0|[1-9]\d*)", value):
            return int(value)
        if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
            return float(value)
        if kind == "boolean" and value in ("true", "false"):
            return value == "true"
        return value

    def items(self, schema, value):
        if sorted(value, key=len) != [str(n) for n in range(len(value))]:
            return value
        return [self(schema["items"], value[str(n)]) for n in range(len(value))]

    def choose(self, schemas, value):
        """As the first that it fits; else as the first of its kind, whose faults will tell."""
        tries = [(self.target(schema), self(schema, value)) for schema in schemas]
        for schema, read in tries:
            if not self.schemas.faults(schema, read):
                return read
        for schema, read in tries:
            if isinstance(value, dict) == (schema.get("type") in ("object", "array")):
                return read
        return value


# Contracts ------------------------------------------------------------------------------------

class Contract:
    """A document. find() an operation, then ask what is wrong with a request or an answer."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = json.load(file)
        self.closed = Schemas(self.document, True)
        self.open = Schemas(self.document, False)
        self.coerce = Coercion(self.closed)
        self.read_schemas = {}

    def schema(self, node, closed=True):
        """A schema that stands in an operation, read once."""
        key = (id(node), closed)
        if key not in self.read_schemas:
            self.read_schemas[key] = (self.closed if closed else self.open).read(node)
        return self.read_schemas[key]

    def find(self, method, path):
        """(operation, {path parameter: value}), or None. A fixed part goes before a {name}."""
        found = []
        for template, item in self.document["paths"].items():
            pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
            match = re.fullmatch(pattern, path)
            if match and method.lower() in item:
                found.append((template.count("{"), item[method.lower()], match.groupdict()))
        return min(found, key=lambda one: one[0])[1:] if found else None

    def parameters(self, operation):
        return [self.closed.target(parameter) for parameter in operation.get("parameters", [])]

    def read_query(self, operation, text):
        """The query's fields, and what is wrong with them."""
        known = {p["name"]: self.schema(p["schema"]) for p in self.parameters(operation)
                 if p["in"] == "query"}
        required = [p["name"] for p in self.parameters(operation)
                    if p["in"] == "query" and p.get("required")]
        schema = {"type": "object", "properties": known, "additionalProperties": False}
        if required:
            schema["required"] = required
        fields = self.coerce(schema, read_form(text))
        return fields, self.closed.faults(schema, fields)

    def path_faults(self, operation, arguments):
        schemas = {p["name"]: self.schema(p["schema"]) for p in self.parameters(operation)
                   if p["in"] == "path"}
        return [fault for name, value in arguments.items() if name in schemas
                for fault in self.closed.faults(schemas[name], urllib.parse.unquote(value), name)]

    def header_faults(self, operation, headers):
        found = []
        for parameter in self.parameters(operation):
            value = headers.get(parameter["name"])
            if parameter["in"] != "header":
                continue
            if value is not None:
                found += self.closed.faults(self.schema(parameter["schema"]), value,
                                            parameter["name"])
            elif parameter.get("required"):
                found.append((parameter["name"], "is a required header"))
        return found

    def body_schema(self, operation, media):
        content = self.closed.target(operation.get("requestBody", {})).get("content", {})
        return self.schema(content[media]["schema"]) if media in content else None

    def read_body(self, operation, headers, body):
        """The body's fields, and what is wrong with them."""
        media = (headers.get("Content-Type") or "").split(";")[0].strip().lower()
        schema = self.body_schema(operation, media)
        if not body:
            required = self.closed.target(operation.get("requestBody", {})).get("required")
            return {}, [("", "a body is required")] if required else self.closed.faults(
                self.body_schema(operation, "application/x-www-form-urlencoded") or {}, {})
        if schema is None:
            raise Malformed(f"no body is known of the type {media!r}")
        try:
            text = body.decode("utf-8")
            if media == "application/json":
                fields = json.loads(text)
            else:
                fields = self.coerce(schema, read_form(text))
        except ValueError as error:
            raise Malformed(f"not {media}: {error}") from error
        return fields, self.closed.faults(schema, fields)

    def answer_faults(self, operation, status, document):
        """What is wrong with an answer. What is told of errors may have more members than that."""
        responses = operation["responses"]
        told = self.closed.target(responses.get(str(status)) or responses.get("default") or {})
        schema = told.get("content", {}).get("application/json", {}).get("schema")
        if schema is None:
            return [] if document is None else [("", f"a body that is not told of ({status})")]
        schemas = self.closed if status < 400 else self.open
        return schemas.faults(self.schema(schema, status < 400), document)

    def object_faults(self, name, document):
        """What is wrong with an object of the document's schema of that name."""
        return self.closed.faults({"$ref": f"#/components/schemas/{name}"}, document)
