"""Saves the parameters of estimators to the folder given, and the sums that explanations must add up to. One process does
it for all, because each import of the frameworks takes seconds. Usage: save_additive.py FOLDER RUNTIME_PYTHON
"""

import json
import pathlib
import sys

import joblib
import lightgbm
import numpy as np
import xgboost
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

folder = pathlib.Path(sys.argv[1])
sys.path.append(sys.argv[2])
from modelship_worker.parameters import parameters  # noqa: E402
from modelship_worker.tensors import datatype_of, raw_tensor  # noqa: E402

random = np.random.default_rng(3)
rows = random.normal(size=(300, 4))
rows[:, 3] = np.round(rows[:, 3] * 2)
target = rows[:, 0] * rows[:, 1] + np.sin(rows[:, 2]) + rows[:, 3]
classes = np.digitize(target, [-1, 1])
asked = random.normal(size=(20, 4))
missing = np.where(random.random(asked.shape) < 0.2, np.nan, asked)
holes = np.where(random.random(rows.shape) < 0.1, np.nan, rows)
expected = {}


def write(name, estimator):
    """Writes the parameters one after the other, and returns their descriptions."""
    arrays = {key: np.asarray(array) for key, array in parameters(estimator).items()}
    tensors = [raw_tensor({"name": key, "datatype": datatype_of(array.dtype)}, array) for key, array in arrays.items()]
    (folder / name).write_bytes(b"".join(raw for _, raw in tensors))
    return [described for described, _ in tensors]


def save(name, estimator, label, sums=None, data=rows, ask=asked):
    """`sums` gives what trees or weights add up to: by default the predictions, or the probabilities of classes."""
    estimator.fit(data, label)
    described = write(name, estimator)
    sums = sums or getattr(estimator, "predict_proba", estimator.predict)
    expected[name] = {
        "tensors": described,
        "rows": [[None if np.isnan(value) else value for value in row] for row in ask.tolist()],
        "sums": np.asarray(sums(ask), np.float64).reshape(len(ask), -1).tolist(),
    }


trees = {"random_state": 0, "max_depth": 5}
save("tree", DecisionTreeClassifier(**trees), classes)
save("forest", RandomForestClassifier(5, **trees), classes)
save("holes", RandomForestRegressor(5, **trees), target, data=holes, ask=missing)
save("targets", ExtraTreesRegressor(5, **trees), np.stack([target, -target], 1))
boosted = GradientBoostingRegressor(n_estimators=5, loss="huber")
save("boosted", boosted, target)
classifier = GradientBoostingClassifier(n_estimators=5)
save("boosted-classes", classifier, classes, classifier.decision_function)
binary = GradientBoostingClassifier(n_estimators=5)
save("boosted-binary", binary, target > 0, binary.decision_function)
save("histograms", HistGradientBoostingRegressor(max_iter=5), target, data=holes, ask=missing)
counts = HistGradientBoostingRegressor(max_iter=5, loss="poisson")
save("histograms-rate", counts, np.exp(target), lambda ask: np.log(counts.predict(ask)))
several = HistGradientBoostingClassifier(max_iter=5)
save("histograms-classes", several, classes, several.decision_function)
save("ridge", Ridge(), target)
logistic = make_pipeline(StandardScaler(), MinMaxScaler(), LogisticRegression())
save("logistic", logistic, classes, logistic.decision_function)
rate = make_pipeline(RobustScaler(), PoissonRegressor())
save("rate", rate, np.exp(target), lambda ask: np.log(rate.predict(ask)))
extreme = xgboost.XGBClassifier(n_estimators=5, max_depth=3)
save("xgboost", extreme, target > 0, lambda ask: extreme.predict(ask, output_margin=True))
light = lightgbm.LGBMClassifier(n_estimators=5, num_leaves=7, verbose=-1)
save("lightgbm", light, classes, lambda ask: light.predict(ask, raw_score=True))
mean = lightgbm.LGBMRegressor(boosting_type="rf", n_estimators=5, subsample=0.6, subsample_freq=1, verbose=-1)
save("lightgbm-forest", mean, target, data=holes, ask=missing)

# Other models have no trees or weights.
def other(name, estimator, label):
    expected[name] = {"tensors": write(name, estimator.fit(rows, label))}


other("neighbors", KNeighborsRegressor(), target)
other("several-targets", RandomForestClassifier(3), np.stack([classes, classes], 1))
other("exponential", GradientBoostingClassifier(n_estimators=3, loss="exponential"), target > 0)
other("polynomial", make_pipeline(PolynomialFeatures(), Ridge()), target)
joblib.dump(boosted, folder / "boosted.joblib")
(folder / "expected.json").write_text(json.dumps(expected))
