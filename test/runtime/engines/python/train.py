"""Saves models of scikit-learn to the folder given, with what they say of a few rows."""

import json
import pathlib
import pickle
import sys

import cloudpickle
import joblib
import numpy as np
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


class Crashing:
    """Ends its process for rows that begin with 13, and refuses rows that begin with 7."""

    n_features_in_ = 2

    def predict(self, rows):
        import os

        if rows[0, 0] == 13:
            os._exit(9)
        if rows[0, 0] == 7:
            raise ValueError(f"value {rows[0, 0]} is not taken")
        if rows[0, 0] == 8:
            raise RuntimeError("out of luck")
        if rows[0, 0] == 5:
            raise KeyError("of its own")
        if rows[0, 0] == -4:
            return ["four", "rows"]
        if rows[0, 0] == 3.5:
            import modelship_worker.frames

            modelship_worker.frames.MAX_BODY_BYTES = 8
        if rows[0, 0] == 6:
            import time

            time.sleep(600)
        return rows.sum(axis=1)


class StuckAtLoad:
    def __setstate__(self, _):
        import time

        time.sleep(600)

    def __getstate__(self):
        return {"a": 1}


class CrashingAtLoad:
    def __setstate__(self, _):
        import os

        os._exit(9)

    def __getstate__(self):
        return {"a": 1}


folder = pathlib.Path(sys.argv[1])
iris = load_iris()
names = iris.target_names[iris.target]
pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(iris.data, names)
joblib.dump(pipeline, folder / "classifier.joblib")
joblib.dump(pipeline, folder / "classifier.joblib.gz", compress=("gzip", 3))
(folder / "classifier.pkl").write_bytes(pickle.dumps(pipeline))
diabetes = load_diabetes()
regressor = LinearRegression().fit(diabetes.data, diabetes.target)
(folder / "regressor.pkl").write_bytes(cloudpickle.dumps(regressor))
joblib.dump(StandardScaler().fit(iris.data), folder / "transformer.joblib")
(folder / "crashing.pkl").write_bytes(cloudpickle.dumps(Crashing()))
(folder / "stuck_at_load.pkl").write_bytes(cloudpickle.dumps(StuckAtLoad()))
(folder / "crashing_at_load.pkl").write_bytes(cloudpickle.dumps(CrashingAtLoad()))

rows = iris.data[::30]
patients = diabetes.data[:5]
expected = {
    "rows": rows.tolist(),
    "labels": pipeline.predict(rows).tolist(),
    "probabilities": pipeline.predict_proba(rows).tolist(),
    "patients": patients.tolist(),
    "progression": regressor.predict(patients).tolist(),
}
(folder / "expected.json").write_text(json.dumps(expected))
