"""Saves a small model in each format to the folder given, with samples and the answers of its framework beside it."""

import json
import os
import pathlib
import sys
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import joblib
import lightgbm
import numpy as np
import tensorflow as tf
import torch
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

folder = pathlib.Path(sys.argv[1])
iris = load_iris()
rows = iris.data[[0, 60, 120]]


def save_samples(name, output, answers):
    predictions = [{output: answer} for answer in np.asarray(answers).tolist()]
    text = json.dumps({"instances": rows.tolist(), "predictions": predictions})
    (folder / f"{name}.json").write_text(text)


classifier = LogisticRegression(max_iter=1000).fit(iris.data, iris.target)
joblib.dump(classifier, folder / "pickle")
save_samples("pickle", "probabilities", classifier.predict_proba(rows))

booster = lightgbm.train(
    {"objective": "multiclass", "num_class": 3, "verbose": -1, "num_leaves": 4}, lightgbm.Dataset(iris.data, iris.target), 5
)
booster.save_model(folder / "lightgbm")
save_samples("lightgbm", "probabilities", booster.predict(rows))

# The weights of the first, in the other frameworks.
module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(-1))
with torch.no_grad():
    module[0].weight.copy_(torch.from_numpy(classifier.coef_))
    module[0].bias.copy_(torch.from_numpy(classifier.intercept_))
    answers = module(torch.from_numpy(rows).float())
torch.jit.script(module).save(str(folder / "torchscript"))
torch.save(module, folder / "torch_pickle")
torch.save(module.state_dict(), folder / "weights")
shapes = ({0: torch.export.Dim("batch")},)
torch.export.save(torch.export.export(module, (torch.zeros(2, 4),), dynamic_shapes=shapes), folder / "program.pt2")
(folder / "program.pt2").rename(folder / "exported_program")
for name in ("torchscript", "torch_pickle", "exported_program"):
    save_samples(name, "output", answers)

with zipfile.ZipFile(folder / "exported_program") as whole, zipfile.ZipFile(folder / "damaged", "w") as damaged:
    for member in whole.namelist():
        damaged.writestr(member, b"{}" if member.endswith("models/model.json") else whole.read(member))

weights = tf.constant(classifier.coef_.T, tf.float32)
bias = tf.constant(classifier.intercept_, tf.float32)


class Module(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="features")])
    def serve(self, features):
        return {"scores": tf.nn.softmax(features @ weights + bias)}


saved = Module()
tf.saved_model.save(saved, str(folder / "saved_model"), signatures=saved.serve)
save_samples("saved_model", "scores", saved.serve(tf.constant(rows, tf.float32))["scores"])
