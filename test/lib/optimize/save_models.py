"""Trains a model on data of scikit-learn, and writes it with samples and rows that it was not trained on.

python save_models.py KIND FOLDER
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_diabetes, load_digits, load_iris

kind, folder = sys.argv[1], Path(sys.argv[2])
folder.mkdir(parents=True)
random = np.random.default_rng(0)


def split(data, held=100):
    order = random.permutation(len(data.target))
    x, y = data.data[order], data.target[order]
    return x[held:], y[held:], x[:held], y[:held]


def write(rows, labels, name=None):
    """Writes rows as CSV, or as JSON Lines of an input with a name, and the first of them as samples."""
    if name is None:
        names = [f"f{place}" for place in range(rows.shape[1])]
        lines = [",".join([*map(repr, map(float, row)), str(label)]) for row, label in zip(rows, labels)]
        (folder / "rows.csv").write_text("\n".join([",".join([*names, "y"]), *lines]) + "\n")
        samples = {"instances": rows[:3].tolist()}
    else:
        lines = [json.dumps({name: row.tolist(), "y": str(label)}) for row, label in zip(rows, labels)]
        (folder / "rows.csv").write_text("\n".join(lines) + "\n")
        samples = {"instances": [{name: row.tolist()} for row in rows[:3]]}
    (folder / "samples.json").write_text(json.dumps(samples))


def estimator(model, data, labels=None):
    import joblib

    x, y, rows, expected = split(data)
    if labels is not None:
        y, expected = labels[y], labels[expected]
    model.fit(x, y)
    joblib.dump(model, folder / "model.pkl")
    write(rows, expected)


def logistic_regression():
    from sklearn.linear_model import LogisticRegression

    iris = load_iris()
    estimator(LogisticRegression(max_iter=500), iris, iris.target_names)


def random_forest():
    from sklearn.ensemble import RandomForestClassifier

    estimator(RandomForestClassifier(100, random_state=0), load_digits())


def gradient_boosting():
    from sklearn.ensemble import GradientBoostingRegressor

    estimator(GradientBoostingRegressor(random_state=0), load_diabetes())


def support_vectors():
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    estimator(make_pipeline(StandardScaler(), SVC()), load_digits())


def perceptron():
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler

    estimator(make_pipeline(MinMaxScaler(), MLPClassifier((64,), max_iter=60, random_state=0)), load_digits())


def naive_bayes():
    from sklearn.naive_bayes import GaussianNB

    estimator(GaussianNB(), load_iris())


def decision_tree():
    from sklearn.tree import DecisionTreeClassifier

    estimator(DecisionTreeClassifier(random_state=0), load_digits())


def lightgbm():
    import lightgbm

    x, y, rows, expected = split(load_digits())
    parameters = {"objective": "multiclass", "num_class": 10, "verbose": -1}
    lightgbm.train(parameters, lightgbm.Dataset(x, y), 50).save_model(folder / "model.txt")
    write(rows, expected)


def xgboost():
    import xgboost

    x, y, rows, expected = split(load_digits())
    parameters = {"objective": "multi:softprob", "num_class": 10}
    xgboost.train(parameters, xgboost.DMatrix(x, y), 50).save_model(folder / "model.json")
    write(rows, expected)


def train(module, x, y, epochs):
    import torch

    optimizer = torch.optim.Adam(module.parameters(), 0.005)
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(module(x[batch]), y[batch]).backward()
            optimizer.step()
    rows = torch.export.Dim("rows")
    torch.export.save(torch.export.export(module.eval(), (x[:4],), dynamic_shapes=({0: rows},)), folder / "model.pt2")


def cnn():
    import torch
    from torch import nn

    torch.manual_seed(0)
    x, y, rows, expected = split(load_digits())
    layers = [nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    module = nn.Sequential(*layers, nn.Linear(512, 10))
    train(module, torch.tensor(x / 16, dtype=torch.float32).reshape(-1, 1, 8, 8), torch.tensor(y), 3)
    write((rows / 16).reshape(-1, 1, 8, 8), expected, "input")


def transformer():
    import torch
    from torch import nn

    torch.manual_seed(0)

    class Rows(nn.Module):
        """Classifies a digit by its rows of pixels."""

        def __init__(self):
            super().__init__()
            self.embed = nn.Linear(8, 64)
            self.place = nn.Parameter(torch.randn(8, 64) / 8)
            self.query, self.key, self.value = nn.Linear(64, 64), nn.Linear(64, 64), nn.Linear(64, 64)
            self.inner = nn.Sequential(nn.LayerNorm(64), nn.Linear(64, 256), nn.GELU(), nn.Linear(256, 64))
            self.classes = nn.Linear(64, 10)

        def forward(self, pixels):
            hidden = self.embed(pixels) + self.place
            weights = torch.softmax(self.query(hidden) @ self.key(hidden).transpose(1, 2) / 8, -1)
            hidden = hidden + weights @ self.value(hidden)
            return self.classes((hidden + self.inner(hidden)).mean(1))

    x, y, rows, expected = split(load_digits())
    train(Rows(), torch.tensor(x / 16, dtype=torch.float32).reshape(-1, 8, 8), torch.tensor(y), 10)
    write((rows / 16).reshape(-1, 8, 8), expected, "pixels")


def keras():
    import keras

    keras.utils.set_random_seed(0)
    x, y, rows, expected = split(load_digits())
    layers = keras.layers
    model = keras.Sequential([keras.Input((8, 8, 1), name="pixels"), layers.Conv2D(16, 3, activation="relu"), layers.Flatten(), layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit((x / 16).reshape(-1, 8, 8, 1), y, epochs=5, verbose=0)
    model.export(folder / "model", verbose=False)
    write((rows / 16).reshape(-1, 8, 8, 1), expected, "pixels")


globals()[kind]()
