"""Saves models of several frameworks to the folder given, and prints in JSON the format of each file, and what Python imports
when it loads the pickles."""

import json
import pickle
import sys
from pathlib import Path

import joblib
import joblib.numpy_pickle
import lightgbm
import numpy as np
import pandas
import scipy.sparse
import torch
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.linear_model import LinearRegression, LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC

folder = Path(sys.argv[1])
iris = load_iris()
features, classes = iris.data, iris.target
names = iris.target_names[classes].astype(object)
formats = {}


def path(name, kind="pickle"):
    formats[name] = kind
    return folder / name


def fitted(estimator, labels=classes):
    return estimator.fit(features, labels)


logistic = fitted(LogisticRegression(max_iter=500))
for protocol in range(6):
    path(f"protocol-{protocol}.pkl").write_bytes(pickle.dumps(logistic, protocol=protocol))
joblib.dump(logistic, path("plain.joblib"))
joblib.dump(logistic, path("protocol-2.joblib"), protocol=2)
joblib.dump(logistic, path("zlib.joblib"), compress=("zlib", 3))
joblib.dump(logistic, path("gzip.joblib"), compress=("gzip", 3))
joblib.dump(fitted(LogisticRegression(max_iter=500), names), path("object-classes.joblib"))

joblib.dump(fitted(RandomForestClassifier(5)), path("forest.joblib"))
joblib.dump(fitted(GradientBoostingClassifier(n_estimators=3)), path("gradient-boosting.joblib"))
categories = HistGradientBoostingClassifier(max_iter=3, categorical_features=[0])
path("histogram-boosting.pkl").write_bytes(pickle.dumps(categories.fit(np.c_[classes, features], classes)))
joblib.dump(fitted(IsolationForest(n_estimators=5)), path("isolation-forest.joblib"))
joblib.dump(fitted(SVC(probability=True)), path("support-vectors.joblib"))
path("kd-tree.pkl").write_bytes(pickle.dumps(fitted(KNeighborsClassifier(algorithm="kd_tree"))))
joblib.dump(fitted(KNeighborsClassifier(algorithm="ball_tree", metric="manhattan")), path("ball-tree.joblib"))
joblib.dump(fitted(MLPClassifier((5,), max_iter=20)), path("perceptron.joblib"))
joblib.dump(GaussianProcessRegressor(RBF() + WhiteKernel()).fit(features[:20], classes[:20]), path("gaussian-process.joblib"))
joblib.dump(fitted(CalibratedClassifierCV(GaussianNB(), cv=2)), path("calibrated.joblib"))
joblib.dump(fitted(make_pipeline(PCA(2), KMeans(3, n_init=1))), path("clusters.joblib"))
joblib.dump(fitted(StackingClassifier([("sgd", SGDClassifier()), ("bayes", GaussianNB())], cv=2)), path("stacking.joblib"))
path("search.pkl").write_bytes(pickle.dumps(fitted(GridSearchCV(LogisticRegression(max_iter=500), {"C": [0.1, 1.0]}, cv=2))))
joblib.dump(fitted(make_pipeline(SelectKBest(f_classif, k=2), LogisticRegression())), path("selection.joblib"))
joblib.dump(fitted(make_pipeline(FunctionTransformer(np.log1p), LogisticRegression())), path("logarithm.joblib"))
joblib.dump(fitted(MultiOutputClassifier(LogisticRegression(max_iter=500)), np.c_[classes, classes == 0]), path("outputs.joblib"))

houses = pandas.DataFrame({"area": [90.0, 50.0, 70.0], "city": ["Bern", "Oslo", "Oslo"]})
houses["kind"] = pandas.Categorical(["flat", "house", "flat"])
steps = make_column_transformer((StandardScaler(), ["area"]), (OneHotEncoder(), ["city", "kind"]))
joblib.dump(make_pipeline(steps, LinearRegression()).fit(houses, [1.0, 2.0, 3.0]), path("columns.joblib"))
path("frame.pkl").write_bytes(pickle.dumps({"model": logistic, "rows": houses, "index": houses.set_index("city").index}))
texts = ["quiet garden", "loud street", "quiet street"]
path("texts.pkl").write_bytes(pickle.dumps(make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [0, 1, 0])))
joblib.dump({"model": logistic, "graph": scipy.sparse.csr_matrix(features), "random": np.random.RandomState(0)}, path("sparse.joblib"))
joblib.dump(np.rec.fromrecords([(1, "a", 2.0), (2, "b", 3.0)]), path("records.joblib"))

joblib.dump(fitted(lightgbm.LGBMClassifier(n_estimators=3, verbose=-1)), path("lightgbm.joblib"))
path("xgboost.pkl").write_bytes(pickle.dumps(fitted(xgboost.XGBClassifier(n_estimators=3))))

network = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.LSTM(8, 4), torch.nn.GELU())
torch.save(network, path("network.pt", "torch_pickle"))
torch.save(network, path("network-old.pt", "torch_pickle"), _use_new_zipfile_serialization=False)
pictures = torch.nn.ModuleDict({"conv": torch.nn.Conv2d(3, 4, 3), "norm": torch.nn.BatchNorm2d(4), "pool": torch.nn.AdaptiveAvgPool2d(1)})
torch.save(pictures.half(), path("pictures.pt", "torch_pickle"))
torch.save(torch.nn.TransformerEncoder(torch.nn.TransformerEncoderLayer(8, 2, 16), 2), path("transformer.pt", "torch_pickle"))
path("network.pkl").write_bytes(pickle.dumps(network))
layers = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Softmax(-1))
program = torch.export.export(layers, (torch.zeros(2, 4),))
torch.export.save(program, path("program.pt2", "exported_program"))

imports = {}


def recording(unpickler, name):
    find_class = unpickler.find_class

    def find(self, module, member):
        imports[name].add(f"{module}.{member}")
        return find_class(self, module, member)

    unpickler.find_class = find
    return lambda: setattr(unpickler, "find_class", find_class)


class Unpickler(pickle.Unpickler):
    def find_class(self, module, member):
        return super().find_class(module, member)


for name, kind in formats.items():
    if kind == "pickle":
        imports[name] = set()
        restore = recording(Unpickler if name.endswith(".pkl") else joblib.numpy_pickle.NumpyUnpickler, name)
        if name.endswith(".pkl"):
            Unpickler(open(folder / name, "rb")).load()
        else:
            joblib.load(folder / name)
        restore()

print(json.dumps({"formats": formats, "imports": {name: sorted(names) for name, names in imports.items()}}))
