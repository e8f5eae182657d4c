"""Calls AWS's services as asked, a line of JSON for each: [service, operation, parameters]."""

import json
import sys
from functools import lru_cache

import boto3

client = lru_cache(boto3.client)


def answer(service, operation, parameters):
    called = client(service)
    if called.can_paginate(operation):
        return called.get_paginator(operation).paginate(**parameters).build_full_result()
    return getattr(called, operation)(**parameters)


for line in sys.stdin:
    try:
        told = {"answer": answer(*json.loads(line))}
    except Exception as error:  # noqa: BLE001  Whatever it is, the caller is told.
        told = {"error": str(error)}
    print(json.dumps(told, default=str), flush=True)
