"""Trees and weights of estimators, from which the runtime computes the effects of features.

An estimator of another class, or one whose prediction has further steps, has none: its predictions are explained by samples.
"""

import numpy as np

# Classes of scikit-learn. A subclass may predict something else, so that the class itself must be listed.
FORESTS = (
    "DecisionTreeClassifier",
    "DecisionTreeRegressor",
    "ExtraTreeClassifier",
    "ExtraTreeRegressor",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "RandomForestClassifier",
    "RandomForestRegressor",
)
BOOSTED = ("GradientBoostingClassifier", "GradientBoostingRegressor")
HISTOGRAMS = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
LINEAR = (
    "ARDRegression",
    "BayesianRidge",
    "ElasticNet",
    "ElasticNetCV",
    "HuberRegressor",
    "Lars",
    "LarsCV",
    "Lasso",
    "LassoCV",
    "LassoLars",
    "LassoLarsCV",
    "LinearRegression",
    "LinearSVR",
    "QuantileRegressor",
    "Ridge",
    "RidgeCV",
    "SGDRegressor",
    "TheilSenRegressor",
)
LOGISTIC = ("LogisticRegression", "LogisticRegressionCV", "SGDClassifier")
LOGARITHMIC = ("GammaRegressor", "PoissonRegressor")

# Losses of histogram gradient boosting whose predictions are the exponential of the sums.
LOGARITHMIC_LOSSES = ("gamma", "poisson")


def parameters(estimator):
    """Returns arrays by name: `kind`, and what the runtime reads for that kind."""
    estimator = getattr(estimator, "best_estimator_", estimator)
    scaling = {}
    if _name(estimator) == "Pipeline":
        steps = [step for _, step in estimator.steps[:-1] if step not in (None, "passthrough")]
        scaling = _scaling(steps, estimator.n_features_in_) if steps else {}
        estimator = estimator.steps[-1][1]
        if scaling is None:
            return {}
    found = _boosters(estimator) or _sums(estimator)
    return {**found, **scaling} if found else {}


def _sums(estimator):
    name = _name(estimator)
    if name in FORESTS:
        return _forest(estimator)
    if name in BOOSTED:
        return _boosted(estimator)
    if name in HISTOGRAMS:
        return _histograms(estimator)
    links = {**dict.fromkeys(LINEAR, "identity"), **dict.fromkeys(LOGARITHMIC, "log")}
    if name in LOGISTIC:
        links[name] = "logit" if len(estimator.classes_) == 2 else "softmax"
    return _linear(estimator, links[name]) if name in links else None


def _boosters(estimator):
    """Returns the text or the bytes of a booster with scikit-learn's methods, which the runtime reads as a file."""
    kind = type(estimator)
    if kind.__module__ == "xgboost.sklearn":
        booster = estimator.get_booster()
        # The classes predict with the best iteration.
        best = booster.attr("best_iteration")
        data = (booster if best is None else booster[: int(best) + 1]).save_raw("ubj")
        return {"kind": _text("xgboost"), "file": np.frombuffer(data, np.uint8)}
    if kind.__module__ == "lightgbm.sklearn":
        text = estimator.booster_.model_to_string(num_iteration=estimator.best_iteration_)
        return {"kind": _text("lightgbm"), "file": np.frombuffer(text.encode(), np.uint8)}
    return None


def _forest(estimator):
    members = [tree.tree_ for tree in getattr(estimator, "estimators_", [estimator])]
    if hasattr(estimator, "classes_"):
        if estimator.n_outputs_ > 1:
            return None
        values = [tree.value[:, 0, :] / tree.value[:, 0, :].sum(1, keepdims=True) for tree in members]
    else:
        values = [tree.value[:, :, 0] for tree in members]
    return _trees(members, [value / len(members) for value in values], [0] * len(members), "identity")


def _boosted(estimator):
    initial = estimator.init_
    if initial != "zero" and _name(initial) not in ("DummyClassifier", "DummyRegressor"):
        return None
    link = _link(estimator, estimator.loss)
    if estimator.loss == "exponential":
        return None
    base = estimator._raw_predict_init(np.zeros((1, estimator.n_features_in_))).ravel()
    members = [tree.tree_ for row in estimator.estimators_ for tree in row]
    values = [tree.value[:, 0, :] * estimator.learning_rate for tree in members]
    outputs = [output for row in estimator.estimators_ for output in range(len(row))]
    return {**_trees(members, values, outputs, link), "base": base}


def _histograms(estimator):
    if getattr(estimator, "_preprocessor", None) is not None:
        return None
    predictors = [(output, each.nodes) for row in estimator._predictors for output, each in enumerate(row)]
    nodes = [each for _, each in predictors]
    if any(each["is_categorical"].any() for each in nodes):
        return None
    leaves = [each["is_leaf"].astype(bool) for each in nodes]
    names = {"column": "feature_idx", "threshold": "num_threshold", "missing_left": "missing_go_to_left", "cover": "count"}
    return {
        "kind": _text("trees"),
        "link": _text(_link(estimator, estimator.loss)),
        "sizes": np.array([len(each) for each in nodes]),
        "output": np.array([output for output, _ in predictors]),
        "left": np.concatenate([np.where(leaf, -1, each["left"].astype(np.int64)) for leaf, each in zip(leaves, nodes)]),
        "right": np.concatenate([np.where(leaf, -1, each["right"].astype(np.int64)) for leaf, each in zip(leaves, nodes)]),
        "value": np.concatenate([each["value"] for each in nodes]).reshape(-1, 1),
        "base": np.asarray(estimator._baseline_prediction, np.float64).ravel(),
        "columns": np.array([estimator.n_features_in_]),
        **{name: np.concatenate([each[field].astype(np.float64) for each in nodes]) for name, field in names.items()},
    }


def _trees(members, values, outputs, link):
    def joined(name):
        return np.concatenate([getattr(tree, name) for tree in members])

    missing = [getattr(tree, "missing_go_to_left", np.zeros(tree.node_count)) for tree in members]
    return {
        "kind": _text("trees"),
        "link": _text(link),
        # Trees compare values as 32-bit floats.
        "single": np.array([1]),
        "sizes": np.array([tree.node_count for tree in members]),
        "output": np.array(outputs),
        "left": joined("children_left"),
        "right": joined("children_right"),
        "column": joined("feature"),
        "threshold": joined("threshold"),
        "missing_left": np.concatenate(missing).astype(np.float64),
        "cover": joined("weighted_n_node_samples"),
        "value": np.concatenate(values),
        "base": np.zeros(values[0].shape[1]),
        "columns": np.array([members[0].n_features]),
    }


def _linear(estimator, link):
    if _name(estimator) == "SGDClassifier" and estimator.loss != "log_loss":
        return None
    coefficients = np.atleast_2d(np.asarray(estimator.coef_, np.float64))
    intercepts = np.broadcast_to(np.asarray(estimator.intercept_, np.float64).ravel(), len(coefficients))
    return {"kind": _text("linear"), "link": _text(link), "coefficients": coefficients, "intercepts": intercepts}


def _link(estimator, loss):
    if hasattr(estimator, "classes_"):
        return "logit" if len(estimator.classes_) == 2 else "softmax"
    return "log" if loss in LOGARITHMIC_LOSSES else "identity"


def _scaling(steps, columns):
    """Returns the steps before a model as `(value - offset) * scale`, or None if one does something else."""
    offset, scale = np.zeros(columns), np.ones(columns)
    for step in steps:
        change = _change(step, columns)
        if change is None:
            return None
        offset = offset + change[0] / scale
        scale = scale * change[1]
    return {"offset": offset, "scale": scale}


def _change(step, columns):
    name = _name(step)
    if name == "StandardScaler":
        return _of(step.mean_ if step.with_mean else None, 0, columns), 1 / _of(step.scale_, 1, columns)
    if name == "RobustScaler":
        return _of(step.center_, 0, columns), 1 / _of(step.scale_, 1, columns)
    if name == "MaxAbsScaler" and not getattr(step, "clip", False):
        return np.zeros(columns), 1 / step.scale_
    if name == "MinMaxScaler" and not step.clip:
        return -step.min_ / step.scale_, step.scale_
    return None


def _of(values, otherwise, columns):
    return np.full(columns, float(otherwise)) if values is None else np.asarray(values, np.float64)


def _name(estimator):
    """Returns the name of a class of scikit-learn itself, or an empty string."""
    kind = type(estimator)
    return kind.__name__ if kind.__module__.split(".")[0] == "sklearn" else ""


def _text(text):
    return np.array([text.encode()], object)
