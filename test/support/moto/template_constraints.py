"""Says what the services would refuse of the templates that it reads, a line of JSON for each."""

import json
import sys

from aws_constraints import property_faults

for line in sys.stdin:
    resources = json.loads(line)["Resources"].items()
    faults = [
        f"{logical_id}, a {resource['Type']}: {fault}"
        for logical_id, resource in resources
        for fault in property_faults(resource["Type"], resource.get("Properties", {}), "us-east-1")
    ]
    print(json.dumps(faults), flush=True)
