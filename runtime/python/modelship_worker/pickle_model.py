"""Estimators of scikit-learn, and objects with the same methods, saved by joblib, pickle or cloudpickle."""

import sys

import numpy as np

from .errors import CannotServe
from .packages import loaded_since
from .tensors import datatype_of

INPUT = "features"


def load(path, _threads, _declared):
    """Unpickles the file, which runs the code that it names: the runtime asks for trust first."""
    before = set(sys.modules)
    try:
        import joblib
    except ImportError:
        import pickle

        with open(path, "rb") as file:
            estimator = pickle.load(file)
    else:
        estimator = joblib.load(path)
    return PickledModel(estimator, {"numpy"} | loaded_since(before))


class PickledModel:
    """Takes rows of numbers. A classifier gives `label` and `probabilities`, everything else `prediction`."""

    def __init__(self, estimator, modules):
        self.modules = modules
        count = getattr(estimator, "n_features_in_", None)
        if not callable(getattr(estimator, "predict", None)) or count is None:
            raise CannotServe(
                f"it holds a {type(estimator).__name__}; an object with `predict` and `n_features_in_`, such as a "
                "fitted estimator or pipeline of scikit-learn that takes rows of numbers, can be served"
            )
        self._frame = _frame_of(getattr(estimator, "feature_names_in_", None))
        self._calls = _calls(estimator)
        # One row tells the types and shapes of the outputs, and whether the model runs at all.
        arrays = self._predict(np.zeros((1, count)))
        outputs = []
        for (name, _, labels), array in zip(self._calls, arrays):
            spec = {"name": name, "datatype": datatype_of(array.dtype), "shape": [-1, *array.shape[1:]]}
            outputs.append({**spec, "labels": labels} if labels else spec)
        inputs = [{"name": INPUT, "datatype": "FP64", "shape": [-1, int(count)]}]
        self.signatures = {"serving_default": {"inputs": inputs, "outputs": outputs}}

    def run(self, _signature, arrays):
        return self._predict(arrays[0])

    def _predict(self, rows):
        features = self._frame(rows)
        return [np.asarray(call(features)) for _, call, _ in self._calls]


def _calls(estimator):
    """The name, the method and the labels of each output."""
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        return [("prediction", estimator.predict, None)]
    if isinstance(classes, list):
        raise CannotServe("it classifies several targets at once; serve one classifier for each")
    calls = [("label", estimator.predict, None)]
    if hasattr(estimator, "predict_proba"):
        calls.append(("probabilities", estimator.predict_proba, [str(each) for each in classes]))
    return calls


def _frame_of(names):
    """Rows as the model was trained with them: steps that choose columns by name need a data frame."""
    if names is None:
        return lambda rows: rows
    import pandas

    return lambda rows: pandas.DataFrame(rows, columns=names)
