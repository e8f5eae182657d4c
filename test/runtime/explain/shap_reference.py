"""Writes reference/: models, and the Shapley values that the `shap` package gives for them.

Run it with: pip install shap lightgbm xgboost scikit-learn skl2onnx onnxmltools &&
python test/runtime/explain/shap_reference.py
"""

import json
import pathlib

import lightgbm
import numpy as np
import onnx
import onnxmltools
import onnxruntime
import shap
import skl2onnx
import xgboost
from onnx import helper
from onnxmltools.convert.common.data_types import FloatTensorType
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = pathlib.Path(__file__).with_name("reference")
FOLDER.mkdir(exist_ok=True)
random = np.random.default_rng(20)
COLUMNS = 5
ROWS = 6


def rows(count, missing=False):
    values = random.normal(size=(count, COLUMNS))
    values[:, 3] = np.round(values[:, 3] * 2)
    if missing:
        values[random.random(values.shape) < 0.15] = np.nan
    # All engines get the same numbers, whatever precision they compare in.
    return values.astype(np.float32).astype(np.float64)


training = rows(400)
target = training[:, 0] * training[:, 1] + np.sin(training[:, 2]) + training[:, 3]
classes = np.digitize(target, [-1, 1])
cases = {}


def shaped(values, instances):
    """By instance, feature and output."""
    values = np.stack(values, -1) if isinstance(values, list) else np.asarray(values)
    return values.reshape(len(instances), COLUMNS, -1)


def add(name, file, explained, missing=False, paths=True, base=None, share=1):
    """`paths` is whether the file records how many training rows reached each node. `base` gives the sums of rows, and
    `share` scales the values, where shap's are not those of the model."""
    instances, background = rows(ROWS, missing), rows(ROWS + 3)
    case = {"file": file, "instances": [[None if np.isnan(x) else x for x in row] for row in instances.tolist()]}
    by_background = shap.TreeExplainer(explained, background, feature_perturbation="interventional")
    case["background"] = background.tolist()
    expected = by_background.expected_value if base is None else base(background).mean(0)
    case["interventional"] = {
        "base": (share * np.atleast_1d(expected)).tolist(),
        "values": (share * shaped(by_background.shap_values(instances), instances)).tolist(),
    }
    if paths:
        by_path = shap.TreeExplainer(explained, feature_perturbation="tree_path_dependent")
        case["pathDependent"] = {
            # First, because it corrects the expected value.
            "values": (share * shaped(by_path.shap_values(instances), instances)).tolist(),
            "base": (share * np.atleast_1d(by_path.expected_value)).tolist(),
        }
    cases[name] = case


booster = xgboost.XGBRegressor(n_estimators=12, max_depth=4, n_jobs=1).fit(training, target)
booster.save_model(FOLDER / "xgboost.ubj")
add("XGBoost regression", "xgboost.ubj", booster, missing=True)

classifier = xgboost.XGBClassifier(n_estimators=6, max_depth=3, n_jobs=1).fit(training, classes)


def margins(background):
    return classifier.predict(background, output_margin=True)


classifier.save_model(FOLDER / "xgboost.json")
# shap takes one base score for all classes, and this version of XGBoost has one for each.
add("XGBoost with three classes", "xgboost.json", classifier, base=margins)

light = lightgbm.LGBMClassifier(n_estimators=10, num_leaves=9, n_jobs=1, verbose=-1).fit(training, target > 0)
light.booster_.save_model(FOLDER / "lightgbm.txt")
add("LightGBM with two classes", "lightgbm.txt", light)

means = lightgbm.LGBMRegressor(
    boosting_type="rf", n_estimators=8, num_leaves=9, subsample=0.6, subsample_freq=1, n_jobs=1, verbose=-1
).fit(training, target)
means.booster_.save_model(FOLDER / "lightgbm-forest.txt")
# shap explains the sum of the trees, and the model gives their mean.
add("random forest of LightGBM", "lightgbm-forest.txt", means, share=1 / 8)


def convert(name, estimator, **options):
    model = skl2onnx.to_onnx(estimator, training[:1].astype(np.float32), **options)
    (FOLDER / name).write_bytes(model.SerializeToString())


forest = RandomForestClassifier(8, max_depth=6, random_state=0).fit(training, classes)
convert("forest.onnx", forest)
add("random forest in ONNX", "forest.onnx", forest, paths=False)

deep = ExtraTreesRegressor(2, random_state=0).fit(training, target)
convert("deep.onnx", deep)
add("deep trees in ONNX", "deep.onnx", deep, paths=False)



def numbered(name, estimators):
    """Writes the mean of trees as the operator of version 5, whose leaves are in lists of their own."""
    lists = {key: [] for key in ("featureids", "splits", "truenodeids", "trueleafs", "falsenodeids", "falseleafs")}
    roots, weights, inner = [], [], 0
    for tree in (estimator.tree_ for estimator in estimators):
        is_leaf = tree.children_left < 0
        place = np.where(is_leaf, len(weights) + np.cumsum(is_leaf) - 1, inner + np.cumsum(~is_leaf) - 1)
        roots.append(inner)
        inner += int((~is_leaf).sum())
        weights += tree.value[is_leaf, 0, 0].tolist()
        for node in np.flatnonzero(~is_leaf):
            lists["featureids"].append(int(tree.feature[node]))
            # The largest float at or below the threshold decides the same for floats.
            single = np.float32(tree.threshold[node])
            lists["splits"].append(single if single <= tree.threshold[node] else np.nextafter(single, np.float32(-np.inf)))
            for side, child in (("true", tree.children_left[node]), ("false", tree.children_right[node])):
                lists[f"{side}nodeids"].append(int(place[child]))
                lists[f"{side}leafs"].append(int(is_leaf[child]))
    attributes = {f"nodes_{key}": values for key, values in lists.items() if key != "splits"}
    tensors = {"nodes_splits": lists["splits"], "leaf_weights": weights}
    for key, values in tensors.items():
        attributes[key] = helper.make_tensor(key, onnx.TensorProto.FLOAT, [len(values)], np.array(values, np.float32))
    attributes["nodes_modes"] = helper.make_tensor("modes", onnx.TensorProto.UINT8, [inner], [0] * inner)
    node = helper.make_node(
        "TreeEnsemble",
        ["features"],
        ["sums"],
        domain="ai.onnx.ml",
        tree_roots=roots,
        leaf_targetids=[0] * len(weights),
        n_targets=1,
        aggregate_function=0,
        **attributes,
    )
    values = [
        helper.make_tensor_value_info(each, onnx.TensorProto.FLOAT, [None, width])
        for each, width in (("features", COLUMNS), ("sums", 1))
    ]
    graph = helper.make_graph([node], name, values[:1], values[1:])
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 5)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    (FOLDER / name).write_bytes(model.SerializeToString())
    (sums,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"features": training.astype(np.float32)})
    return sums.ravel()


short = ExtraTreesRegressor(3, max_depth=4, random_state=0).fit(training, target)
np.testing.assert_allclose(numbered("numbered.onnx", short.estimators_), short.predict(training), rtol=1e-4)
add("trees of version 5 in ONNX", "numbered.onnx", short, paths=False)

boosted = GradientBoostingClassifier(n_estimators=10, random_state=0).fit(training, target > 0)
convert("boosted.onnx", boosted, options={id(boosted): {"zipmap": False}})
add("gradient boosting in ONNX", "boosted.onnx", boosted, paths=False)

inputs = [("features", FloatTensorType([None, COLUMNS]))]
converted = onnxmltools.convert_xgboost(classifier, initial_types=inputs)
(FOLDER / "xgboost.onnx").write_bytes(converted.SerializeToString())
add("XGBoost in ONNX", "xgboost.onnx", classifier, paths=False, base=margins)


def add_linear(name, file, estimator, model, transformed=lambda values: values):
    instances, background = rows(ROWS), rows(ROWS + 3)
    explainer = shap.LinearExplainer(model, transformed(background))
    values = shaped(explainer.shap_values(transformed(instances)), instances)
    convert(file, estimator)
    cases[name] = {
        "file": file,
        "instances": instances.tolist(),
        "background": background.tolist(),
        "linear": {"values": values.tolist(), "base": np.atleast_1d(explainer.expected_value).tolist()},
    }


def single(values):
    """The numbers as ONNX keeps them, in 32 bits."""
    return np.asarray(values, np.float32).astype(np.float64)


regression = LinearRegression().fit(training, np.stack([target, -target], 1))
regression.coef_, regression.intercept_ = single(regression.coef_), single(regression.intercept_)
add_linear("linear regression in ONNX", "linear.onnx", regression, regression)
scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(training, classes)
scaler, logistic = scaled[0], scaled[-1]
scaler.mean_, scaler.scale_ = single(scaler.mean_), 1 / single(1 / scaler.scale_)
logistic.coef_, logistic.intercept_ = single(logistic.coef_), single(logistic.intercept_)
add_linear("logistic regression in ONNX", "logistic.onnx", scaled, logistic, scaler.transform)

(FOLDER / "shap.json").write_text(json.dumps({"shap": shap.__version__, "cases": cases}) + "\n")
