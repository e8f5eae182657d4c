"""Saves one small model by each framework to the folder given, with the answers that other servers give by their libraries.

Needs sagemaker-inference beside the frameworks: save_models.py FOLDER [REQUESTS]
"""

import json
import sys
from pathlib import Path

import joblib
import lightgbm
import numpy as np
import onnx
import tensorflow
import torch
import xgboost
from sagemaker_inference import decoder, encoder
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression

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

regression = LinearRegression().fit(iris.data, iris.target)
joblib.dump(regression, FOLDER / "regression.joblib")
record("regression.joblib", regression.predict)

data = xgboost.DMatrix(iris.data, iris.target)
booster = xgboost.train({"objective": "multi:softprob", "num_class": 3, "max_depth": 2}, data, 4)
booster.save_model(FOLDER / "xgboost.json")
(FOLDER / "xgboost.json").rename(FOLDER / "xgboost-model")
record("xgboost-model", lambda table: booster.predict(xgboost.DMatrix(table)))

few = {"objective": "multiclass", "num_class": 3, "num_leaves": 4, "verbose": -1}
trees = lightgbm.train(few, lightgbm.Dataset(iris.data, iris.target), 4)
trees.save_model(FOLDER / "lightgbm.txt")
record("lightgbm.txt", trees.predict)

torch.manual_seed(0)
network = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(-1)).eval()
torch.jit.script(network).save(FOLDER / "model.pt")
record("model.pt", lambda table: network(torch.tensor(table, dtype=torch.float32)).detach().numpy())

weights, bias = (each.detach().numpy() for each in network[0].parameters())
tensor, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
graph = onnx.helper.make_graph(
    [
        onnx.helper.make_node("Gemm", ["rows", "weights", "bias"], ["logits"], transB=1),
        onnx.helper.make_node("Softmax", ["logits"], ["scores"]),
    ],
    "scores",
    [tensor("rows", kind, ["batch", 4])],
    [tensor("scores", kind, ["batch", 3])],
    [onnx.numpy_helper.from_array(weights, "weights"), onnx.numpy_helper.from_array(bias, "bias")],
)
onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8), FOLDER / "model.onnx")
# The weights are those of PyTorch, which therefore gives the answers.
record("model.onnx", lambda table: network(torch.tensor(table, dtype=torch.float32)).detach().numpy())


class Scores(tensorflow.Module):
    def __init__(self):
        self.weights = tensorflow.Variable(classifier.coef_.T.astype(np.float32))

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, 4], tensorflow.float32, "rows")])
    def __call__(self, rows):
        return {"scores": tensorflow.nn.softmax(rows @ self.weights)}


scores = Scores()
tensorflow.saved_model.save(scores, FOLDER / "saved_model", signatures=scores.__call__)
record("saved_model", lambda table: scores(tensorflow.constant(table, tensorflow.float32))["scores"].numpy())
