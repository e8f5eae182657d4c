"""Prints, for classifiers of scikit-learn fitted to the iris flowers with labels of several types, whether the worker runs
each once a request, and whether it answers 10,000 rows exactly as `predict` and `predict_proba` do."""

import json
import sys
import tempfile
import warnings

import joblib
import numpy as np
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import BaggingClassifier, GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

sys.path.insert(0, sys.argv[1])
from modelship_worker import pickle_model  # noqa: E402

warnings.simplefilter("ignore")


class Cautious(LogisticRegression):
    """A subclass whose class is not that of the largest probability."""

    def predict(self, X):
        return self.classes_[(self.predict_proba(X)[:, -1] > 0.2) * (len(self.classes_) - 1)]


KINDS = [
    LogisticRegression(max_iter=300),
    DecisionTreeClassifier(),
    ExtraTreeClassifier(),
    RandomForestClassifier(10),
    ExtraTreesClassifier(10),
    GradientBoostingClassifier(n_estimators=5),
    HistGradientBoostingClassifier(max_iter=5),
    BaggingClassifier(),
    GaussianNB(),
    BernoulliNB(),
    MultinomialNB(),
    KNeighborsClassifier(),
    LinearDiscriminantAnalysis(),
    QuadraticDiscriminantAnalysis(),
    MLPClassifier(max_iter=50),
    SVC(probability=True),
    Cautious(max_iter=300),
]
features, targets = load_iris(return_X_y=True)
rows = np.abs(np.random.default_rng(5).normal(size=(10_000, 4))) * 6
found = []
for kind in KINDS:
    for labels in (targets, np.array(["one", "two", "three"])[targets], targets > 0):
        pipeline = make_pipeline(MinMaxScaler(clip=True), kind).fit(features, labels)
        with tempfile.NamedTemporaryFile() as file:
            joblib.dump(pipeline, file.name)
            model = pickle_model.load(file.name, 1, {})
        label, probabilities = model.run("serving_default", [rows])
        expected = pipeline.predict(rows)
        found.append(
            {
                "kind": type(kind).__name__,
                "runs_once": model._takes_largest,
                "is_same": bool(
                    label.dtype == expected.dtype
                    and np.array_equal(label, expected)
                    and np.array_equal(probabilities, pipeline.predict_proba(rows))
                ),
            }
        )
print(json.dumps(found))
