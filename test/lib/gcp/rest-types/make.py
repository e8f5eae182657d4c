"""Writes the types of the REST bodies that stacks send, out of the discovery documents in `google-api-python-client`.

pip install --target /tmp/client --no-deps google-api-python-client
python3 test/lib/gcp/rest-types/make.py /tmp/client
"""

import json
import pathlib
import sys

ROOTS = {
    "aiplatform.v1": [
        "GoogleCloudAiplatformV1UploadModelRequest",
        "GoogleCloudAiplatformV1DeployModelRequest",
        "GoogleCloudAiplatformV1UndeployModelRequest",
        "GoogleCloudAiplatformV1Endpoint",
    ],
    "cloudbuild.v1": ["Build"],
}
KEPT = ("type", "format", "enum", "$ref", "readOnly")


def reduced(schema):
    """The parts of a schema that decide whether a value has its type."""
    kept = {key: schema[key] for key in KEPT if key in schema}
    if "properties" in schema:
        kept["properties"] = {name: reduced(value) for name, value in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in schema:
            kept[key] = reduced(schema[key])
    return kept


def references(schema):
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"]
        for value in schema.values():
            yield from references(value)


documents = pathlib.Path(sys.argv[1]) / "googleapiclient/discovery_cache/documents"
for name, waiting in ROOTS.items():
    document = json.loads((documents / f"{name}.json").read_text())
    types = {}
    while waiting:
        current = waiting.pop()
        if current not in types:
            types[current] = reduced(document["schemas"][current])
            waiting.extend(references(types[current]))
    content = {"revision": document["revision"], "schemas": dict(sorted(types.items()))}
    target = pathlib.Path(__file__).parent / f"{name}.json"
    target.write_text(json.dumps(content, indent=1) + "\n")
