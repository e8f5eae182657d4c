"""Saves models of XGBoost and CatBoost to the folder given, and what the packages answer to the rows beside them."""

import json
import pathlib
import sys

import numpy as np

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(0)
rows = random.normal(size=(300, 3))
rows[::7, 1] = np.nan
asked = random.normal(size=(2000, 3))
asked[::5, 2] = np.nan
targets = {"binary": (rows[:, 0] > 0).astype(int), "classes": np.digitize(rows[:, 0], [-0.5, 0.5]), "number": rows[:, 0]}
expected = {"rows": np.where(np.isnan(asked), None, asked).ravel().tolist()}


def xgboost():
    import pandas
    import xgboost as package

    objectives = {"binary": "binary:logistic", "classes": "multi:softprob", "number": "reg:squarederror"}
    matrix = package.DMatrix(asked, feature_names=["a", "b", "c"])
    for name, objective in objectives.items():
        options = {"objective": objective, **({"num_class": 3} if name == "classes" else {})}
        booster = package.train(options, package.DMatrix(rows, label=targets[name], feature_names=["a", "b", "c"]), 5)
        for ending in ("json", "ubj"):
            booster.save_model(folder / f"{name}.{ending}")
        expected[name] = booster.predict(matrix).astype(float).ravel().tolist()
    stopped = package.XGBClassifier(n_estimators=20, early_stopping_rounds=2)
    stopped.fit(rows[:200], targets["binary"][:200], eval_set=[(rows[200:], 1 - targets["binary"][200:])], verbose=False)
    stopped.save_model(folder / "stopped.json")
    expected["stopped"] = stopped.predict_proba(asked)[:, 1].astype(float).tolist()
    several = package.XGBClassifier(n_estimators=5).fit(rows, np.column_stack([rows[:, 0] > 0, rows[:, 2] > 0]))
    several.save_model(folder / "several.json")
    expected["several"] = several.predict(asked).astype(float).ravel().tolist()
    frame = pandas.DataFrame({"kind": pandas.Categorical(["a", "b"] * 150)})
    matrix = package.DMatrix(frame, label=targets["binary"], enable_categorical=True)
    package.train({}, matrix, 2).save_model(folder / "categories.json")


def catboost():
    import catboost as package

    options = {"iterations": 5, "verbose": 0, "allow_writing_files": False}
    for name in ("binary", "classes"):
        classifier = package.CatBoostClassifier(**options).fit(rows, targets[name])
        classifier.save_model(folder / f"{name}.cbm")
        expected[name] = classifier.predict_proba(asked).ravel().tolist()
    regressor = package.CatBoostRegressor(**options).fit(rows, targets["number"])
    regressor.save_model(folder / "number.cbm")
    expected["number"] = regressor.predict(asked).tolist()


{"xgboost": xgboost, "catboost": catboost}[sys.argv[2]]()
(folder / "expected.json").write_text(json.dumps(expected))
