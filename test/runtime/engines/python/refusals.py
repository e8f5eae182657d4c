"""Loads the models that standard input names, as a worker does, and prints why each cannot be served."""

import importlib
import json
import sys

from modelship_worker.errors import told

refusals = []
for module, path, declared in json.load(sys.stdin):
    try:
        importlib.import_module(f"modelship_worker.{module}").load(path, 1, declared)
        refusals.append(None)
    except Exception as error:
        refusals.append(told(error))
json.dump(refusals, sys.stdout)
