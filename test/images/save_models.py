"""Saves classifiers of scikit-learn and LightGBM to the folder given."""

import pathlib
import sys

import joblib
from lightgbm import LGBMClassifier
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

folder = pathlib.Path(sys.argv[1])
rows, classes = load_iris(return_X_y=True)
joblib.dump(LogisticRegression(max_iter=1000).fit(rows, classes), folder / "logistic.joblib")
boosted = LGBMClassifier(n_estimators=5, verbose=-1).fit(rows, classes)
boosted.booster_.save_model(folder / "boosted.txt")
