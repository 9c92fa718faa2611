# SPDX-License-Identifier: GPL-2.0-or-later
"""JSON reports against their schemas (formats/json)."""

import json
import os

try:
    import jsonschema
except ImportError:
    jsonschema = None

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "formats", "json")


def close(schema):
    """Nothing that the schema does not describe: what a reader may skip, a writer must not forget."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema["additionalProperties"] = False
        for value in schema.values():
            close(value)


def check(document):
    """Raises where the document is not as its schema says. Without jsonschema nothing is checked."""
    if jsonschema is None:
        return
    with open(os.path.join(FOLDER, document["schema"].split(".")[1] + ".schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    close(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(document)
