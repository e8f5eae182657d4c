"""`explain.py FOLDER` writes six models of trees, with rows to explain and a background.

`explain.py FOLDER MODEL` prints the milliseconds of processor time of shap for all rows, and a sum of its values.
`explain.py FOLDER MODEL predictions` prints those of the model's own library for a prediction of each row beside each background row.
"""

import json
import pathlib
import pickle
import sys
import time

import numpy as np

COLUMNS, TRAINING, ROWS, BACKGROUND, RUNS = 20, 5_000, 100, 100, 3


def estimators():
    """Models by the names of their files for Modelship."""
    import lightgbm
    import xgboost
    from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingClassifier, RandomForestClassifier

    return {
        "xgboost.ubj": (xgboost.XGBRegressor(n_estimators=100, max_depth=6, n_jobs=1), "number"),
        "xgboost-classes.ubj": (xgboost.XGBClassifier(n_estimators=40, max_depth=5, n_jobs=1), "classes"),
        "lightgbm.txt": (lightgbm.LGBMClassifier(n_estimators=100, num_leaves=31, n_jobs=1, verbose=-1), "sign"),
        "forest.pkl": (RandomForestClassifier(50, max_depth=8, random_state=0), "classes"),
        "extra.pkl": (ExtraTreesRegressor(50, max_depth=10, random_state=0), "number"),
        "boosting.pkl": (GradientBoostingClassifier(n_estimators=100, random_state=0), "sign"),
    }


def write(folder):
    random = np.random.default_rng(20)
    training = random.normal(size=(TRAINING, COLUMNS)).astype(np.float32)
    number = training[:, 0] * training[:, 1] + np.sin(training[:, 2]) + training[:, 3:].mean(1)
    targets = {"number": number, "sign": number > 0, "classes": np.digitize(number, [-1, 1])}
    for name, (estimator, target) in estimators().items():
        estimator.fit(training, targets[target])
        file = folder / name
        if name.endswith(".ubj"):
            estimator.save_model(file)
        elif name.endswith(".txt"):
            estimator.booster_.save_model(file)
        file.with_suffix(".pkl").write_bytes(pickle.dumps(estimator))
    rows = {"instances": training[:ROWS], "background": training[ROWS : ROWS + BACKGROUND]}
    (folder / "rows.json").write_text(json.dumps({name: values.tolist() for name, values in rows.items()}))


def main(folder, name, what):
    estimator = pickle.loads((folder / name).with_suffix(".pkl").read_bytes())
    rows = json.loads((folder / "rows.json").read_text())
    instances, background = (np.array(rows[each], np.float32) for each in ("instances", "background"))
    if what == "predictions":
        work = predictions(estimator, instances, background)
    else:
        import shap

        explainer = shap.TreeExplainer(estimator, background.astype(np.float64), feature_perturbation="interventional")
        work = lambda: explainer.shap_values(instances.astype(np.float64))  # noqa: E731
    times = []
    for _ in range(RUNS):
        since = time.process_time()
        values = work()
        times.append((time.process_time() - since) * 1000)
    print(json.dumps({"milliseconds": sorted(times)[RUNS // 2], "sum": float(np.abs(values).sum())}))


def predictions(estimator, instances, background):
    """One prediction for each pair, of rows that are mixed beforehand."""
    mixed = np.repeat(instances, len(background), axis=0)
    mixed[:, ::2] = np.tile(background, (len(instances), 1))[:, ::2]
    return lambda: estimator.predict(mixed)


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[1])
    write(folder) if len(sys.argv) == 2 else main(folder, sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "effects")
