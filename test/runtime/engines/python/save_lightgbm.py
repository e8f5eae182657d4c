"""Saves text models of LightGBM to the folder given, and what they say of a few rows."""

import json
import pathlib
import sys

import lightgbm
import numpy as np
import pandas

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(0)
rows = random.normal(size=(300, 4))
target = rows[:, 0] * 2 + rows[:, 1]
expected = {}


def train(name, data, labels, objective, **options):
    parameters = {"objective": objective, "num_leaves": 5, "min_data_in_leaf": 5, "seed": 1, "num_threads": 1}
    if objective == "multiclass":
        parameters["num_class"] = 3
    booster = lightgbm.train({**parameters, "verbose": -1}, lightgbm.Dataset(data, labels, **options), 7)
    booster.save_model(folder / f"{name}.txt")
    return booster


def ask(name, booster, asked):
    expected[name] = booster.predict(asked, num_threads=1).tolist()


asked = rows[:4].copy()
asked[1, 0] = np.nan
expected["rows"] = [[None if np.isnan(value) else value for value in row] for row in asked]
ask("regression", train("regression", rows, target, "regression"), asked)
names = ["sepal length", "sepal width", "petal length", "petal width"]
ask("binary", train("binary", rows, target > 0, "binary", feature_name=names), asked)
ask("multiclass", train("multiclass", rows, np.digitize(target, [-1, 1]), "multiclass"), asked)
ask("ranker", train("ranker", rows, np.digitize(target, [-1, 1]), "lambdarank", group=[100, 200]), asked)

codes = rows.copy()
codes[:, 3] = random.integers(0, 5, 300)
by_code = train("codes", codes, target + codes[:, 3] * 3, "regression", categorical_feature=[3])
expected["codes_rows"] = [[0.5, 0.5, 0.5, code] for code in (0.0, 3.0, 99.0)]
ask("codes", by_code, np.array(expected["codes_rows"]))

cities = random.choice(["Bern", "Oslo", "Åre"], 300)
floors = random.choice([1, 2], 300)
frame = pandas.DataFrame({"area": rows[:, 0], "city": cities, "floor": floors, "age": rows[:, 2]})
frame = frame.astype({"city": "category", "floor": "category"})
effect = pandas.Series(cities).map({"Bern": 0, "Oslo": 5, "Åre": -5}).to_numpy()
flat = train("frame", frame, target + effect + 2 * floors, "regression")
asked_frame = pandas.DataFrame(
    {"area": [0.5, 0.5, np.nan, 0.5], "city": ["Oslo", "Åre", "Oslo", "Rome"], "floor": [1, 2, 1, np.nan], "age": 0.0}
).astype({"city": "category", "floor": "category"})
expected["frame"] = flat.predict(asked_frame, num_threads=1).tolist()
one = train("one_column", frame[["city"]], effect, "regression")
expected["one_column"] = one.predict(asked_frame[["city"]], num_threads=1).tolist()
mixed = frame[["area", "city"]].assign(code=codes[:, 3].astype(int))
train("mixed", mixed, target, "regression", categorical_feature=["city", "code"])
(folder / "expected.json").write_text(json.dumps(expected))
