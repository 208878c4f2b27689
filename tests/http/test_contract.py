"""The published contract is what the programs do: routes, fields and answers."""
import os
import re
import subprocess
import uuid

import pytest

import contract
import support

BODIES = [o for o in contract.OPERATIONS if contract.request_schema(o)]
QUERIES = [o for o in contract.OPERATIONS if any(p["in"] == "query" for p in o.parameters)]


# Routes -------------------------------------------------------------------------------------

def routes_of(program):
    table = subprocess.run([program, "--routes"], capture_output=True, text=True, check=True)
    return [tuple(line.split("\t")) for line in table.stdout.splitlines()]


def programs():
    """Every installed program but the jobs, which have no routes."""
    for folder, _, names in os.walk(support.PROGRAMS):
        if os.path.basename(folder) != "jobs":
            yield from (os.path.join(folder, name) for name in names)


def test_contract_and_programs_name_the_same_routes():
    told = {(o.method, o.path, o.spec["x-permission"]) for o in contract.OPERATIONS}
    served = {route for program in programs() for route in routes_of(program)}
    assert served - told == set(), "served, but not in the contract"
    assert told - served == set(), "in the contract, but not served"


@pytest.mark.parametrize("path", contract.DOCUMENT["paths"])
def test_path_leads_to_its_program(anyone, path):
    answer = anyone.request("OPTIONS", contract.filled(path))
    assert answer.status_code == 204, answer.text
    assert set(answer.headers["Allow"].split(", ")) == support.methods_of(contract.filled(path))


def test_contract_is_published(anyone):
    answer = anyone.get("/openapi.yaml")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/yaml; charset=utf-8"
    with open(contract.PATH, "rb") as file:
        assert answer.content == file.read()


# Fields -------------------------------------------------------------------------------------
# What the contract says of a body is tried out value by value. A body of these tests always
# holds an unknown field as well, so that nothing comes of it.

TOO_MUCH = {"string": "too_long", "integer": "too_large", "array": "too_many", "object": "too_many"}
WRONG_TYPE = {"string": (7, "not_text"), "integer": ("7", "not_integer"),
              "array": ({}, "not_list"), "object": ([], "not_object"),
              "boolean": ("true", "not_boolean")}


def type_of(schema):
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return types[0]


def maximum(schema):
    return next((schema[word] for word in ("maxLength", "maximum", "maxItems", "maxProperties")
                 if word in schema), None)


def of_size(schema, n):
    """A value that is as long, large or many as n, and in its parts what the schema wants."""
    kind = type_of(schema)
    if kind == "string":
        return "a" * n
    if kind == "array":
        return [example_of(schema["items"])] * n
    return n if kind == "integer" else {str(i): "a" for i in range(n)}


def example_of(schema):
    if "examples" in schema:
        return schema["examples"][0]
    if type_of(schema) == "array":
        return [example_of(schema["items"])]
    return {name: example_of(schema["properties"][name]) for name in schema["required"]}


def has_form(schema):
    """A text of which more is asked than a length, or of whose length the form says enough."""
    return any(word in schema for word in ("format", "pattern", "enum")) and (
        schema.get("format") != "password")


def objects(schema, pointer="", wrap=lambda body: body):
    """Every object that a body has: (its pointer, its schema, the body around one of it)."""
    if type_of(schema) == "array":
        yield from objects(schema["items"], pointer, lambda body: wrap([body]))
        return
    yield pointer, schema, wrap
    for name, inner in schema["properties"].items():
        kind = type_of(inner)
        if kind == "object" and "properties" in inner:
            yield from objects(inner, f"{pointer}/{name}", lambda b, n=name: wrap({n: b}))
        elif kind == "array" and "properties" in inner["items"]:
            yield from objects(inner["items"], f"{pointer}/{name}/0",
                               lambda b, n=name: wrap({n: [b]}))


@pytest.fixture
def refusals(admin):
    """refusals(operation, body): {pointer: (code, detail)} of a body with an unknown field."""
    def ask(operation, body):
        answer = admin.request(operation.method, contract.filled(operation.path), json=body,
                               headers={"Idempotency-Key": str(uuid.uuid4())})
        if operation.id == "ingestProducts":
            assert answer.status_code == 200, answer.text
            errors = answer.json()["results"][0]["errors"]
        else:
            errors = support.assert_problem(answer, 422, "validation_failed")["errors"]
        return {error["pointer"]: (error["code"], error["detail"]) for error in errors}
    return ask


every_body = pytest.mark.parametrize("operation", BODIES, ids=lambda o: o.id)


@every_body
def test_body_names_what_is_unknown_and_what_is_missing(refusals, operation):
    for pointer, schema, wrap in objects(contract.request_schema(operation)):
        told = refusals(operation, wrap({"unheard_of": 1}))
        assert told[f"{pointer}/unheard_of"][0] == "unknown_field"
        missing = {p.rpartition("/")[2] for p, (code, _) in told.items()
                   if code == "required" and p.rpartition("/")[0] == pointer}
        assert missing == set(schema.get("required", []))


@every_body
def test_body_takes_the_types_of_the_contract(refusals, operation):
    for pointer, schema, wrap in objects(contract.request_schema(operation)):
        wrong = {n: WRONG_TYPE[type_of(s)] for n, s in schema["properties"].items()}
        body = {name: value for name, (value, _) in wrong.items()}
        told = refusals(operation, wrap({"unheard_of": 1, **body}))
        for name, (_, code) in wrong.items():
            assert told[f"{pointer}/{name}"][0] == code


@every_body
def test_body_takes_null_where_the_contract_does(refusals, operation):
    for pointer, schema, wrap in objects(contract.request_schema(operation)):
        told = refusals(operation, wrap({"unheard_of": 1} | dict.fromkeys(schema["properties"])))
        for name, inner in schema["properties"].items():
            code = told.get(f"{pointer}/{name}", (None, None))[0]
            assert code == (None if "null" in inner["type"] else "not_null"), name


@every_body
def test_body_has_the_bounds_of_the_contract(refusals, operation):
    for pointer, schema, wrap in objects(contract.request_schema(operation)):
        bounded = {n: s for n, s in schema["properties"].items()
                   if maximum(s) is not None and not has_form(s) or "maximum" in s}
        most = {n: of_size(s, maximum(s)) for n, s in bounded.items()}
        told = refusals(operation, wrap({"unheard_of": 1, **most}))
        assert not told.keys() & {f"{pointer}/{name}" for name in bounded}
        more = {n: of_size(s, maximum(s) + 1) for n, s in bounded.items()}
        told = refusals(operation, wrap({"unheard_of": 1, **more}))
        for name, inner in bounded.items():
            code, detail = told[f"{pointer}/{name}"]
            assert code == TOO_MUCH[type_of(inner)], name
            assert str(maximum(inner)) in detail, name


@every_body
def test_body_has_the_lower_bounds_of_the_contract(refusals, operation):
    for pointer, schema, wrap in objects(contract.request_schema(operation)):
        inner = schema["properties"]
        less = {n: of_size(s, s.get("minLength", 0) - 1) for n, s in inner.items()
                if s.get("minLength", 0) > 0}
        less |= {n: s["minimum"] - 1 for n, s in inner.items() if "minimum" in s}
        less |= {n: [] for n, s in inner.items() if s.get("minItems")}
        told = refusals(operation, wrap({"unheard_of": 1, **less}))
        for name in less:
            code = told[f"{pointer}/{name}"][0]
            assert code in ("required", "too_short", "too_small", "too_few"), name
        least = {n: s["minimum"] for n, s in inner.items() if "minimum" in s}
        least |= {n: "a" * s["minLength"] for n, s in inner.items()
                  if "minLength" in s and not has_form(s)}
        told = refusals(operation, wrap({"unheard_of": 1, **least}))
        assert not told.keys() & {f"{pointer}/{name}" for name in least}


@every_body
def test_body_wants_the_forms_of_the_contract_and_takes_its_examples(refusals, operation):
    for pointer, schema, wrap in objects(contract.request_schema(operation)):
        # A code of the shop's own is held to its form by the database, when it is stored.
        formed = {n: s for n, s in schema["properties"].items()
                  if type_of(s) == "string" and has_form(s) and n not in ("sku", "slug")}
        told = refusals(operation, wrap({"unheard_of": 1} | dict.fromkeys(formed, "?")))
        for name in formed:
            assert told[f"{pointer}/{name}"][0].startswith("not_"), name
        examples = {n: example_of(s) for n, s in schema["properties"].items()}
        told = refusals(operation, wrap({"unheard_of": 1, **examples}))
        inside = [p for p in told if p.startswith(f"{pointer}/")]
        assert inside == [f"{pointer}/unheard_of"]


WRONG_PARAMETER = {"integer": ("many", "not_integer"), "boolean": ("maybe", "not_boolean"),
                   "number": ("many", "not_number")}


def spelled(parameter):
    """The name and the schema of a parameter as it stands in a query; of an object, which has a
    parameter for each of its members, those of the example's first one."""
    name, schema = parameter["name"], parameter["schema"]
    if type_of(schema) == "object":
        name, schema = next(iter(parameter["example"])), schema["additionalProperties"]
    return name, schema["items"] if type_of(schema) == "array" else schema


def wrong_parameter(parameter):
    """A value that a query parameter refuses, and the code of the refusal."""
    schema = spelled(parameter)[1]
    if parameter["name"] == "cursor":
        return "nowhere", "not_cursor"
    if "enum" in schema:
        return "unheard-of", "not_choice"
    if schema.get("format") in ("date", "date-time", "uuid"):
        return "yesterday", {"date": "not_date", "date-time": "not_time"}.get(
            schema["format"], "not_uuid")
    if type_of(schema) == "string":
        if "maxLength" not in schema:
            return "a", f"not_{parameter['name']}"
        return "a" * (schema["maxLength"] + 1), "too_long"
    return WRONG_PARAMETER[type_of(schema)]


@pytest.mark.parametrize("operation", QUERIES, ids=lambda o: o.id)
def test_query_is_checked_as_the_contract_says(admin, operation):
    query = [p for p in operation.parameters if p["in"] == "query"]
    # There must be such a chart.
    path = contract.filled(operation.path.replace("{name}.png", "sales.png"))
    for parameter in query:
        value, code = wrong_parameter(parameter)
        name = spelled(parameter)[0]
        answer = admin.request(operation.method, path, params={name: value})
        problem = support.assert_problem(answer, 422, pointer=name)
        assert problem["errors"][0]["code"] == code
        if "maximum" in parameter["schema"]:
            bound = parameter["schema"]["maximum"]
            answer = admin.request(operation.method, path, params={parameter["name"]: bound + 1})
            assert str(bound) in support.assert_problem(answer, 422)["errors"][0]["detail"]
        if "enum" in parameter["schema"]:
            answer = admin.request(operation.method, path, params={parameter["name"]: "unheard-of"})
            detail = support.assert_problem(answer, 422)["errors"][0]["detail"]
            assert set(re.findall(r"[\w-]+", detail.partition(":")[2])) == set(
                parameter["schema"]["enum"])
    answer = admin.request(operation.method, path, params={"unheard_of": "1"})
    problem = support.assert_problem(answer, 422, pointer="unheard_of")
    assert problem["errors"][0]["code"] == "unknown_parameter"
