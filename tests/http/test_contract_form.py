"""The contract is a sound OpenAPI 3.1 document, complete and true in itself."""
import os
import re

import jsonschema
import pytest
import yaml

import contract

with open(os.path.join(os.path.dirname(__file__), "openapi.schema.yaml"), encoding="utf-8") as file:
    FORM = yaml.safe_load(file)


def walk(node, where=""):
    """Every object of the document with its place."""
    if isinstance(node, dict):
        yield where, node
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for name, value in items:
        if isinstance(value, (dict, list)):
            yield from walk(value, f"{where}/{name}")


def schemas():
    """Every schema that is written out, with its place."""
    for where, node in walk(contract.RAW):
        if "schema" in node and isinstance(node["schema"], dict):
            yield f"{where}/schema", node["schema"]
    for name, schema in contract.RAW["components"]["schemas"].items():
        yield f"/components/schemas/{name}", schema


def test_document_has_the_form_that_openapi_demands():
    assert contract.faults(FORM, contract.RAW) == []


def test_schemas_are_json_schema_2020_12():
    for where, schema in schemas():
        try:
            jsonschema.Draft202012Validator.check_schema(contract.resolve(contract.RAW, schema))
        except jsonschema.SchemaError as error:
            pytest.fail(f"{where}: {error.message}")


def test_every_component_is_used():
    used = {node["$ref"] for _, node in walk(contract.RAW) if "$ref" in node}
    for kind, components in contract.RAW["components"].items():
        for name in components if kind != "securitySchemes" else ():
            assert f"#/components/{kind}/{name}" in used


def test_operations_have_names_of_their_own():
    names = [operation.id for operation in contract.OPERATIONS]
    assert len(names) == len(set(names))


def test_every_property_is_described():
    for where, node in walk(contract.RAW["components"]["schemas"]):
        if not isinstance(node.get("properties"), dict) or "type" not in node:
            continue
        assert set(node.get("required", [])) <= node["properties"].keys(), where
        for name, value in node["properties"].items():
            told = contract.resolve(contract.RAW, value)
            assert "description" in told, f"{where}/{name} has no description"


def test_every_example_fits_its_schema():
    count = 0
    for where, node in walk(contract.DOCUMENT):
        examples = node.get("examples", []) if "type" in node else []
        for example in examples:
            assert contract.faults(node, example) == [], where
            count += 1
        if "example" in node and "schema" in node:
            assert contract.faults(contract.closed(node["schema"]), node["example"]) == [], where
            count += 1
    assert count > 100


def test_paths_and_parameters_agree():
    for operation in contract.OPERATIONS:
        named = re.findall(r"{(.*?)}", operation.path)
        declared = [p["name"] for p in operation.parameters if p["in"] == "path"]
        assert sorted(named) == sorted(declared), operation.id
        keys = [(p["in"], p["name"]) for p in operation.parameters]
        assert len(keys) == len(set(keys)), operation.id


def test_tags_and_security_schemes_are_declared():
    for operation in contract.OPERATIONS:
        assert set(operation.spec["tags"]) <= {tag["name"] for tag in contract.RAW["tags"]}
        security = operation.spec.get("security", contract.RAW["security"])
        schemes = {name for choice in security for name in choice}
        assert schemes <= contract.RAW["components"]["securitySchemes"].keys(), operation.id


def test_permission_security_and_refusals_agree():
    for operation in contract.OPERATIONS:
        permission, responses = operation.spec["x-permission"], operation.spec["responses"].keys()
        assert ("security" in operation.spec) == (permission == "anyone"), operation.id
        assert permission == "anyone" or "401" in responses, operation.id
        assert ":" not in permission or "403" in responses, operation.id
        assert {"429", "503", "default"} <= responses, operation.id


def test_whatever_can_be_sent_can_be_refused():
    for operation in contract.OPERATIONS:
        responses = operation.spec["responses"].keys()
        names = {p["name"] for p in operation.parameters}
        if contract.is_foreign(operation):
            # Who signed it is asked, and neither its media type nor its fields are.
            assert {"400", "413"} <= responses and not {"415", "422"} & responses, operation.id
        elif "requestBody" in operation.spec:
            assert {"400", "413", "415", "422"} <= responses, operation.id
        if any(p["in"] == "query" for p in operation.parameters):
            assert "422" in responses, operation.id
        assert ("If-None-Match" in names) == ("304" in responses), operation.id
        assert ("If-Match" in names) == ("412" in responses), operation.id


def test_bodies_have_no_room_for_unknown_fields():
    for operation in contract.OPERATIONS:
        for where, node in walk(contract.request_schema(operation) or {}):
            if isinstance(node.get("properties"), dict):
                assert node.get("additionalProperties") is False, operation.id + where


def test_refusals_are_problem_documents():
    for operation in contract.OPERATIONS:
        for status, response in operation.spec["responses"].items():
            if status == "default" or status >= "400":
                media = list(response["content"])
                assert media == ["application/problem+json"], (operation.id, status)
