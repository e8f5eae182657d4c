"""Models that XGBoost saved as JSON or UBJSON."""

import json

import xgboost

from .boosted import features, refuse_categories

# A classifier gives the probabilities of its classes for these objectives, or that of the positive class.
SEVERAL = ("multi:softprob",)
BINARY = ("binary:logistic",)


def load(path, threads, declared):
    booster = xgboost.Booster({"nthread": threads})
    # The format is detected from bytes, and from a path by its ending.
    with open(path, "rb") as file:
        booster.load_model(bytearray(file.read()))
    outputs = declared.get("outputs") or ()
    # `predict` of a booster without scikit-learn's methods gives the scores.
    is_predict = declared.get("method") == "predict" and _is_classifier(booster)
    return BoosterModel(booster, is_predict or "label" in [spec["name"] for spec in outputs])


class BoosterModel:
    """Takes rows of numbers, in which NaN is a missing value. A classifier may give the number of the class, as `predict` of
    XGBClassifier, instead of the probabilities."""

    modules = ("numpy", "xgboost")

    def __init__(self, booster, gives_label):
        self._booster = booster
        names = booster.feature_names
        kinds = booster.feature_types or []
        refuse_categories([(names or range(len(kinds)))[place] for place, kind in enumerate(kinds) if kind == "c"])
        attributes = booster.attributes()
        # The classes with scikit-learn's methods predict with the best iteration, and a booster with all.
        best = attributes.get("best_iteration") if "scikit_learn" in attributes else None
        self._range = (0, 0 if best is None else int(best) + 1)
        spec = features(names, booster.num_features(), "f{}")
        name = _name(booster)
        self._gives_label = gives_label and name != "prediction"
        self._has_classes = name == "probabilities"
        output = {"name": name, "datatype": "FP32", "shape": [-1]}
        if self._gives_label:
            output = {"name": "label", "datatype": "INT64", "shape": [-1]}
        self.signatures = {"serving_default": {"inputs": [spec], "outputs": [output]}}
        import numpy

        (scores,) = self.run(None, [numpy.zeros((1, spec["shape"][1]))])
        output["shape"] += scores.shape[1:]

    def run(self, _signature, arrays):
        rows = xgboost.DMatrix(arrays[0], feature_names=self._booster.feature_names)
        scores = self._booster.predict(rows, iteration_range=self._range)
        if not self._gives_label:
            return [scores]
        # Several binary labels have a column each.
        return [scores.argmax(axis=1) if self._has_classes else (scores > 0.5).astype("int64")]


def _is_classifier(booster):
    return json.loads(booster.attr("scikit_learn") or "{}").get("_estimator_type") == "classifier"


def _name(booster):
    objective = json.loads(booster.save_config())["learner"]["objective"]["name"]
    if objective in SEVERAL:
        return "probabilities"
    return "probability" if objective in BINARY else "prediction"
