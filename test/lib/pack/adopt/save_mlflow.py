"""Saves models by MLflow to the folder given, each with the answers of MLflow's own server: save_mlflow.py FOLDER [REQUESTS]

`answers.json` beside each model has the bodies of requests to `/invocations`, and of their responses.
"""

import json
import shutil
import sys
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from mlflow.pyfunc import scoring_server
from sklearn.datasets import load_iris

FOLDER = Path(sys.argv[1])
REQUESTS = int(sys.argv[2]) if len(sys.argv) > 2 else 6

# MLflow would run each model in further processes to find these.
SAVED = {"pip_requirements": ["mlflow"]}

iris = load_iris(as_frame=True)
table = iris.data.rename(columns=lambda name: name.replace(" (cm)", "").replace(" ", "_"))
rows = table.to_numpy(np.float32)


def record(name, bodies):
    """Answers each body by MLflow's own server, and writes bodies and answers beside the model."""
    model = mlflow.pyfunc.load_model(str(FOLDER / name))
    schema = model.metadata.get_input_schema()
    answers = []
    for body in bodies:
        answer = scoring_server.invocations(json.dumps(body), "application/json", model, schema)
        if answer.status != 200:
            raise RuntimeError(f"{name}: {answer.response}")
        answers.append({"request": body, "response": json.loads(answer.response)})
    (FOLDER / name / "answers.json").write_text("\n".join(["[", ",\n".join(map(json.dumps, answers)), "]", ""]))


def frames(frame):
    """Yields requests with one to three rows of a data frame."""
    for number in range(REQUESTS):
        part = frame.sample(1 + number % 3, random_state=number)
        yield {"dataframe_split": json.loads(part.to_json(orient="split", index=False))}


def tensors(array):
    """Yields requests with one to three rows of an array."""
    for number in range(REQUESTS):
        picked = np.random.default_rng(number).choice(len(array), 1 + number % 3)
        yield {"inputs": array[picked].tolist()}


def save(name, kind, model, example, answer, bodies, **options):
    signature = options.pop("signature", None) or infer_signature(example, answer)
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    kind.save_model(model, FOLDER / name, signature=signature, **SAVED, **options)
    record(name, bodies)


def save_with_scikit_learn():
    import mlflow.sklearn
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    pickled = {"serialization_format": "cloudpickle"}
    classifier = LogisticRegression(max_iter=1000).fit(table, iris.target)
    save("sklearn_label", mlflow.sklearn, classifier, table, classifier.predict(table), frames(table), **pickled)
    scores = classifier.predict_proba(table)
    proba = {**pickled, "pyfunc_predict_fn": "predict_proba"}
    save("sklearn_scores", mlflow.sklearn, classifier, table, scores, frames(table), **proba)
    save("sklearn_skops", mlflow.sklearn, classifier, table, classifier.predict(table), frames(table))

    names = np.array(["setosa", "versicolor", "virginica"])[iris.target]
    named = LogisticRegression(max_iter=1000).fit(rows, names)
    save("sklearn_names", mlflow.sklearn, named, rows, named.predict(rows), tensors(rows), **pickled)

    houses = pd.DataFrame(
        {
            "area": [50.0, 90.5, 120.0, 40.0, 75.0, 200.0],
            "city": ["Oslo", "Rome", "Oslo", "Lima", "Rome", "Lima"],
            "note": ["quiet", "near park", "quiet garden", "loud", "park", "garden"],
            "rooms": [2, 3, 4, 1, 2, 6],
            "new": [True, False, True, False, True, False],
        }
    )
    steps = ColumnTransformer(
        [("city", OneHotEncoder(handle_unknown="ignore"), ["city"]), ("note", CountVectorizer(), "note")],
        remainder="passthrough",
    )
    pipeline = make_pipeline(steps, LinearRegression()).fit(houses, [1.0, 2.0, 3.5, 0.5, 1.7, 6.0])
    save("sklearn_table", mlflow.sklearn, pipeline, houses, pipeline.predict(houses), frames(houses), **pickled)


def save_estimators():
    """Saves an estimator of each family of scikit-learn."""
    import mlflow.sklearn
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.ensemble import (
        ExtraTreesRegressor,
        GradientBoostingClassifier,
        HistGradientBoostingRegressor,
        IsolationForest,
        RandomForestClassifier,
    )
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.linear_model import Ridge
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeRegressor

    few, seed = {"n_estimators": 8}, {"random_state": 0}
    estimators = {
        "bayes": GaussianNB(),
        "boosting": GradientBoostingClassifier(**few, **seed),
        "clusters": KMeans(3, n_init=1, **seed),
        "extra_trees": ExtraTreesRegressor(**few, **seed),
        "forest": RandomForestClassifier(**few, **seed),
        "histograms": HistGradientBoostingRegressor(max_iter=8, **seed),
        "isolation": IsolationForest(**few, **seed),
        "neighbors": KNeighborsClassifier(5),
        "perceptron": make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(8,), max_iter=2000, **seed)),
        "process": GaussianProcessRegressor(alpha=0.1),
        "ridge": make_pipeline(StandardScaler(), PCA(2), Ridge()),
        "tree": DecisionTreeRegressor(max_depth=4, **seed),
        "vectors": make_pipeline(StandardScaler(), SVC()),
    }
    for name, estimator in estimators.items():
        estimator.fit(table, iris.target)
        saved = {"serialization_format": "cloudpickle"}
        save(f"sklearn_{name}", mlflow.sklearn, estimator, table, estimator.predict(table), frames(table), **saved)


def save_with_boosting():
    import lightgbm
    import mlflow.lightgbm
    import mlflow.xgboost
    import xgboost

    few = {"n_estimators": 4, "num_leaves": 4, "verbose": -1}
    booster = lightgbm.train(
        {"objective": "multiclass", "num_class": 3, **few}, lightgbm.Dataset(table, iris.target), 4
    )
    save("lightgbm_booster", mlflow.lightgbm, booster, table, booster.predict(table), frames(table))
    classifier = lightgbm.LGBMClassifier(**few).fit(table, iris.target)
    save("lightgbm_label", mlflow.lightgbm, classifier, table, classifier.predict(table), frames(table))


    data = xgboost.DMatrix(table, iris.target)
    booster = xgboost.train({"objective": "multi:softprob", "num_class": 3, "max_depth": 2}, data, 4)
    save("xgboost_booster", mlflow.xgboost, booster, table, booster.predict(data), frames(table))
    few = {"n_estimators": 4, "max_depth": 2}
    regressor = xgboost.XGBRegressor(**few).fit(table, iris.target)
    save("xgboost_regressor", mlflow.xgboost, regressor, table, regressor.predict(table), frames(table))
    classifier = xgboost.XGBClassifier(**few).fit(table, iris.target)
    save("xgboost_label", mlflow.xgboost, classifier, table, classifier.predict(table), frames(table))


def save_with_networks():
    import mlflow.onnx
    import mlflow.pytorch
    import mlflow.tensorflow
    import onnx
    import tensorflow
    import torch

    code = FOLDER / "networks.py"
    code.write_text(
        "import torch\n\n\nclass Scores(torch.nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n        self.linear = torch.nn.Linear(4, 3)\n\n"
        "    def forward(self, rows):\n        return torch.softmax(self.linear(rows), -1)\n"
    )
    sys.path.insert(0, str(FOLDER))
    from networks import Scores

    torch.manual_seed(0)
    module = Scores().eval()
    scores = module(torch.from_numpy(rows)).detach().numpy()
    own = {"code_paths": [str(code)], "serialization_format": "pickle"}
    save("pytorch_module", mlflow.pytorch, module, rows, scores, tensors(rows), **own)
    code.unlink()

    keras = tensorflow.keras.Sequential([tensorflow.keras.Input((4,)), tensorflow.keras.layers.Dense(3)])
    save("keras_network", mlflow.tensorflow, keras, rows, keras.predict(rows, verbose=0), tensors(rows))

    weights, bias = (each.detach().numpy() for each in module.linear.parameters())
    tensor, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [
            onnx.helper.make_node("Gemm", ["rows", "weights", "bias"], ["logits"], transB=1),
            onnx.helper.make_node("Softmax", ["logits"], ["scores"]),
        ],
        "scores",
        [tensor("rows", kind, ["batch", 4])],
        [tensor("scores", kind, ["batch", 3])],
        [onnx.numpy_helper.from_array(weights, "weights"), onnx.numpy_helper.from_array(bias, "bias")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    save("onnx_network", mlflow.onnx, model, rows, scores, tensors(rows))


FOLDER.mkdir(parents=True, exist_ok=True)
save_with_scikit_learn()
save_estimators()
save_with_boosting()
save_with_networks()
