"""Writes the methods and types of Google's REST APIs that stacks call, from the discovery documents of Google's client.

pip install --target /tmp/client --no-deps google-api-python-client
python3 test/support/google-apis/make.py /tmp/client
"""

import gzip
import json
import pathlib
import sys

# Resources by API; the methods of a resource and of its sub-resources are included.
APIS = {
    "aiplatform.v1": ["projects.locations.endpoints", "projects.locations.models", "projects.locations.operations"],
    "artifactregistry.v1": ["projects.locations.repositories", "projects.locations.operations"],
    "cloudbuild.v1": ["projects.locations.builds", "projects.locations.operations"],
    "cloudkms.v1": ["projects.locations.keyRings.cryptoKeys"],
    "cloudresourcemanager.v1": ["projects"],
    "compute.v1": [
        "backendServices",
        "globalAddresses",
        "globalForwardingRules",
        "globalOperations",
        "networks",
        "regionNetworkEndpointGroups",
        "regionOperations",
        "routers",
        "securityPolicies",
        "sslCertificates",
        "sslPolicies",
        "subnetworks",
        "targetHttpsProxies",
        "urlMaps",
    ],
    "container.v1": ["projects.locations.clusters", "projects.locations.operations"],
    "iam.v1": ["projects.serviceAccounts", "projects.roles"],
    "logging.v2": [
        "projects.locations.buckets",
        "projects.locations.operations",
        "projects.metrics",
        "projects.sinks",
        "projects.exclusions",
        "projects.getCmekSettings",
    ],
    "monitoring.v1": ["projects.dashboards"],
    "monitoring.v3": ["projects.alertPolicies", "projects.uptimeCheckConfigs"],
    "run.v2": ["projects.locations.jobs", "projects.locations.services", "projects.locations.operations"],
    "secretmanager.v1": ["projects.secrets"],
    "serviceusage.v1": ["services", "operations"],
    "serviceusage.v1beta1": ["services"],
    "storage.v1": ["anywhereCaches", "buckets", "objects", "projects.serviceAccount"],
}
KEPT = ("type", "format", "enum", "$ref", "readOnly")


def reduced(schema):
    """Returns the parts of a schema that decide whether a value has its type."""
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


def methods(resource):
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from methods(inner)


def api(document, resources):
    name = document["name"]
    kept, types, waiting = [], {}, []
    for method in methods(document):
        path = method["id"].removeprefix(f"{name}.")
        if not any(path == resource or path.startswith(f"{resource}.") for resource in resources):
            continue
        request, response = (method.get(key, {}).get("$ref") for key in ("request", "response"))
        waiting += [request] if request else []
        kept.append(
            {
                "id": method["id"],
                "http": method["httpMethod"],
                "path": f"/{document['servicePath']}{method.get('flatPath', method['path'])}",
                "query": [key for key, each in method.get("parameters", {}).items() if each["location"] == "query"],
                "request": request,
                "response": response,
            }
        )
    while waiting:
        current = waiting.pop()
        if current not in types:
            types[current] = reduced(document["schemas"][current])
            waiting.extend(references(types[current]))
    return {
        "host": document["rootUrl"].removeprefix("https://").rstrip("/"),
        "revision": document["revision"],
        "methods": kept,
        "types": dict(sorted(types.items())),
    }


documents = pathlib.Path(sys.argv[1]) / "googleapiclient/discovery_cache/documents"
content = {
    name: api(json.loads((documents / f"{name}.json").read_text()), resources) for name, resources in APIS.items()
}
target = pathlib.Path(__file__).parent / "apis.json.gz"
# Without a time, equal content gives an equal file.
target.write_bytes(gzip.compress(json.dumps(content).encode(), 9, mtime=0))
