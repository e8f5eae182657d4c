"""Saves models of MLflow that are code to the folder given, with the responses of MLflow's own server.

Needs mlflow and httpx beside the frameworks: save_pyfunc.py FOLDER
"""

import base64
import io
import json
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import sklearn.datasets
from fastapi.testclient import TestClient
from mlflow.models import ModelSignature, infer_signature
from mlflow.pyfunc import scoring_server
from mlflow.types import ParamSchema, ParamSpec
from sklearn.linear_model import LogisticRegression

FOLDER = Path(sys.argv[1])
CODE = Path(__file__).parent / "pyfunc"
sys.path.insert(0, str(CODE))

JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"
FLOWERS = pd.DataFrame({"name": ["rose", "lily"], "length": [3.5, 1.25]})
SPLIT = FLOWERS.to_dict(orient="split", index=False)
RECORDS = FLOWERS.to_dict(orient="records")
LIMITS = {"rose": 5, "lily": 3}


def parquet():
    file = io.BytesIO()
    FLOWERS.to_parquet(file)
    return file.getvalue()


def flower(**values):
    return {"dataframe_records": [{**RECORDS[0], **values}]}


TABLES = [
    (JSON, {"dataframe_split": SPLIT}),
    (JSON, {"dataframe_records": RECORDS}),
    (f"{JSON}; charset=utf-8", {"instances": RECORDS}),
    (JSON, {"inputs": {name: FLOWERS[name].tolist() for name in FLOWERS}}),
    (CSV, FLOWERS.to_csv(index=False).encode()),
    (PARQUET, parquet()),
    (JSON, b"not JSON"),
    (JSON, [1]),
    (JSON, {"rows": []}),
    (CSV, b'"'),
    ("image/png", b"x"),
    (f"{JSON}; charset=latin1", {"dataframe_records": RECORDS}),
]
REQUESTS = {
    "rules": [*TABLES, (JSON, flower(name="unknown"))],
    "wrapped": [
        *TABLES,
        (JSON, {"dataframe_split": SPLIT, "params": {"factor": 2.0}}),
        (JSON, {"dataframe_split": SPLIT, "params": {"factor": "x"}}),
        (JSON, {"dataframe_records": [{"name": "rose"}]}),
        (JSON, flower(length="long")),
        (JSON, flower(length=-1.0)),
        (JSON, flower(length=2000.0)),
    ],
    "from_code": [(JSON, {"inputs": ["a", "b"]}), (JSON, {"inputs": [1]}), (JSON, {"instances": ["a"]}), (JSON, {"inputs": []})],
    "scores": [(JSON, {"inputs": [[5.1, 3.5, 1.4, 0.2]]}), (JSON, {"instances": [[6.7, 3.0, 5.2, 2.3], [1, 2, 3, 4]]}), (JSON, {"inputs": [[1]]})],
}


class Scores(mlflow.pyfunc.PythonModel):
    """An estimator of scikit-learn in a pickle that has this class, too."""

    def __init__(self, estimator):
        self.estimator = estimator

    def predict(self, context, model_input, params=None):
        return self.estimator.predict_proba(model_input)


def save():
    limits = FOLDER / "limits"
    limits.mkdir(parents=True)
    (limits / "limits.json").write_text(json.dumps(LIMITS))
    own = {"pip_requirements": ["mlflow", "pandas"]}
    code = [str(CODE / name) for name in ("rules.py", "weights.py")]
    mlflow.pyfunc.save_model(FOLDER / "rules", loader_module="rules", data_path=str(limits), code_paths=code, **own)

    from wrapped import Wrapped

    signature = ModelSignature(
        infer_signature(FLOWERS).inputs, params=ParamSchema([ParamSpec("factor", "double", 1.0)]),
    )
    code = [str(CODE / name) for name in ("wrapped.py", "weights.py")]
    artifacts = {"limits": str(limits / "limits.json")}
    mlflow.pyfunc.save_model(
        FOLDER / "wrapped", python_model=Wrapped(), artifacts=artifacts, code_paths=code, signature=signature, input_example=FLOWERS, **own
    )
    mlflow.pyfunc.save_model(FOLDER / "from_code", python_model=str(CODE / "from_code.py"), **own)
    iris = sklearn.datasets.load_iris()
    estimator = LogisticRegression(max_iter=1000).fit(iris.data, iris.target)
    mlflow.pyfunc.save_model(
        FOLDER / "scores", python_model=Scores(estimator), signature=infer_signature(iris.data.astype(np.float64)), **own
    )


def record(name):
    client = TestClient(scoring_server.init(mlflow.pyfunc.load_model(str(FOLDER / name))), raise_server_exceptions=False)
    answers = []
    for kind, content in REQUESTS[name]:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        answer = client.post("/invocations", content=body, headers={"content-type": kind})
        answers.append(
            {
                "request": {"headers": {"content-type": kind}, "body": base64.b64encode(body).decode()},
                "response": {
                    "status": answer.status_code,
                    "headers": {"content-type": answer.headers["content-type"]},
                    "body": base64.b64encode(answer.content).decode(),
                },
            }
        )
    (FOLDER / f"{name}.answers.json").write_text("\n".join(["[", ",\n".join(map(json.dumps, answers)), "]", ""]))


FOLDER.mkdir(parents=True, exist_ok=True)
save()
for each in REQUESTS:
    record(each)
