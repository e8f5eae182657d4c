"""Saves a small model in each format to the folder given, with samples and the predictions of its framework beside it."""

import json
import os
import sys
import zipfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from sklearn.datasets import load_iris

iris = load_iris()
rows = iris.data[[0, 60, 120]]


def save_samples(path, output, predictions):
    instances = [{output: prediction} for prediction in np.asarray(predictions).tolist()]
    path.with_suffix(".json").write_text(json.dumps({"instances": rows.tolist(), "predictions": instances}))


def save_with_scikit_learn(folder):
    import joblib
    from sklearn.linear_model import LogisticRegression

    classifier = LogisticRegression(max_iter=1000).fit(iris.data, iris.target)
    joblib.dump(classifier, folder / "pickle")
    save_samples(folder / "pickle", "probabilities", classifier.predict_proba(rows))
    return classifier.coef_, classifier.intercept_


def save_with_lightgbm(folder):
    import lightgbm

    parameters = {"objective": "multiclass", "num_class": 3, "verbose": -1, "num_leaves": 4}
    booster = lightgbm.train(parameters, lightgbm.Dataset(iris.data, iris.target), 5)
    booster.save_model(folder / "lightgbm")
    save_samples(folder / "lightgbm", "probabilities", booster.predict(rows))


def save_with_torch(folder, weights, bias):
    import torch

    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(-1))
    with torch.no_grad():
        module[0].weight.copy_(torch.from_numpy(weights))
        module[0].bias.copy_(torch.from_numpy(bias))
        predictions = module(torch.from_numpy(rows).float())
    torch.jit.script(module).save(str(folder / "torchscript"))
    torch.save(module, folder / "torch_pickle")
    torch.save(module.state_dict(), folder / "weights")
    shapes = ({0: torch.export.Dim("batch")},)
    torch.export.save(torch.export.export(module, (torch.zeros(2, 4),), dynamic_shapes=shapes), folder / "program.pt2")
    (folder / "program.pt2").rename(folder / "exported_program")
    for name in ("torchscript", "torch_pickle", "exported_program"):
        save_samples(folder / name, "output", predictions)

    with zipfile.ZipFile(folder / "exported_program") as whole, zipfile.ZipFile(folder / "damaged", "w") as damaged:
        for member in whole.namelist():
            damaged.writestr(member, b"{}" if member.endswith("models/model.json") else whole.read(member))


def save_with_tensorflow(folder, weights, bias):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    kernel, bias = tf.constant(weights.T, tf.float32), tf.constant(bias, tf.float32)

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="features")])
        def serve(self, features):
            return {"scores": tf.nn.softmax(features @ kernel + bias)}

    saved = Module()
    tf.saved_model.save(saved, str(folder / "saved_model"), signatures=saved.serve)
    save_samples(folder / "saved_model", "scores", saved.serve(tf.constant(rows, tf.float32))["scores"])


def main():
    folder = Path(sys.argv[1])
    # One process per framework: PyTorch built for CUDA, as PyPI has it, and TensorFlow crash in the same process.
    with ProcessPoolExecutor(max_workers=1, max_tasks_per_child=1) as process:
        weights, bias = process.submit(save_with_scikit_learn, folder).result()
        process.submit(save_with_lightgbm, folder).result()
        process.submit(save_with_torch, folder, weights, bias).result()
        process.submit(save_with_tensorflow, folder, weights, bias).result()


if __name__ == "__main__":
    main()
