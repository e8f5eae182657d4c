"""Answers the requests on standard input by MLflow's own server: ask_mlflow.py MODEL"""

import json
import sys

import mlflow
from mlflow.pyfunc import scoring_server

model = mlflow.pyfunc.load_model(sys.argv[1])
schema = model.metadata.get_input_schema()
answers = []
for request in json.load(sys.stdin):
    answer = scoring_server.invocations(json.dumps(request), "application/json", model, schema)
    if answer.status != 200:
        raise RuntimeError(answer.response)
    answers.append(json.loads(answer.response))
print(json.dumps(answers))
