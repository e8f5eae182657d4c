"""Saves one small model by each framework to the folder given, with the answers that other servers give by their libraries.

Needs sagemaker-inference beside the frameworks: save_models.py FOLDER [REQUESTS]
"""

import json
import sys
from pathlib import Path

import joblib
import numpy as np
import tensorflow
import torch
import xgboost
from sagemaker_inference import decoder, encoder
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

FOLDER = Path(sys.argv[1])
REQUESTS = int(sys.argv[2]) if len(sys.argv) > 2 else 4
JSON = "application/json"

iris = load_iris()
rows = iris.data.astype(np.float32)


def record(name, predict):
    """Writes answers to requests of one to three rows, read and written as SageMaker's containers do."""
    answers = []
    for number in range(REQUESTS):
        picked = np.random.default_rng(number).choice(len(rows), 1 + number % 3)
        request = rows[picked].tolist()
        answer = encoder.encode(predict(decoder.decode(json.dumps(request), JSON)), JSON)
        answers.append({"request": request, "response": json.loads(answer)})
    (FOLDER / f"{name}.answers.json").write_text("\n".join(["[", ",\n".join(map(json.dumps, answers)), "]", ""]))


FOLDER.mkdir(parents=True, exist_ok=True)

classifier = LogisticRegression(max_iter=1000).fit(iris.data, iris.target)
joblib.dump(classifier, FOLDER / "model.joblib")
record("model.joblib", classifier.predict)

data = xgboost.DMatrix(iris.data, iris.target)
booster = xgboost.train({"objective": "multi:softprob", "num_class": 3, "max_depth": 2}, data, 4)
booster.save_model(FOLDER / "xgboost.json")
(FOLDER / "xgboost.json").rename(FOLDER / "xgboost-model")
record("xgboost-model", lambda table: booster.predict(xgboost.DMatrix(table)))

torch.manual_seed(0)
network = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(-1)).eval()
torch.jit.script(network).save(FOLDER / "model.pt")
record("model.pt", lambda table: network(torch.tensor(table, dtype=torch.float32)).detach().numpy())


class Scores(tensorflow.Module):
    def __init__(self):
        self.weights = tensorflow.Variable(classifier.coef_.T.astype(np.float32))

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, 4], tensorflow.float32, "rows")])
    def __call__(self, rows):
        return {"scores": tensorflow.nn.softmax(rows @ self.weights)}


scores = Scores()
tensorflow.saved_model.save(scores, FOLDER / "saved_model", signatures=scores.__call__)
record("saved_model", lambda table: scores(tensorflow.constant(table, tensorflow.float32))["scores"].numpy())
