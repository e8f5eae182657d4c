"""Models that LightGBM saved as text."""

import lightgbm
import numpy as np

from .errors import CannotServe
from .estimator_inputs import choices


def load(path, threads, _declared):
    with open(path, encoding="utf-8", errors="replace") as file:
        objective = next((line for line in file if line.startswith("objective=")), "objective=").split("=")[1]
    return TextModel(lightgbm.Booster(model_file=path), objective, threads)


class TextModel:
    """Takes rows of numbers. A model trained on pandas categories takes each column by its name."""

    modules = ("lightgbm", "numpy")

    def __init__(self, booster, objective, threads):
        self._booster = booster
        self._threads = threads
        self._names = booster.feature_name()
        self._categories = _categories(booster)
        if self._categories:
            inputs = [
                {"name": name, "datatype": _datatype(self._categories.get(place)), "shape": [-1]}
                for place, name in enumerate(self._names)
            ]
            inputs = [{**spec, **choices(self._categories.get(place, ()))} for place, spec in enumerate(inputs)]
        else:
            inputs = [{"name": "features", "datatype": "FP64", "shape": [-1, len(self._names)]}]
            if self._names[0] != "Column_0":
                inputs[0]["labels"] = self._names
        self.signatures = {"serving_default": {"inputs": inputs, "outputs": [_output(booster, objective)]}}

    def run(self, _signature, arrays):
        rows = arrays[0]
        if self._categories:
            rows = np.column_stack([self._column(place, array) for place, array in enumerate(arrays)])
        return [self._booster.predict(rows, num_threads=self._threads)]

    def _column(self, place, array):
        categories = self._categories.get(place)
        if categories is None:
            return array.ravel()
        # Each value is encoded as its index among the categories. Unknown values become missing values.
        codes = {value: code for code, value in enumerate(categories)}
        values = [value.decode() if isinstance(value, bytes) else value for value in array.ravel().tolist()]
        return np.array([codes.get(value, np.nan) for value in values], np.float64)


def _categories(booster):
    """Returns the categories by column index."""
    categories = booster.pandas_categorical or []
    places = categorical_places(booster) if categories else []
    if len(places) != len(categories):
        raise CannotServe(
            f"{len(places)} of its columns are categorical, and {len(categories)} of these were columns of pandas; "
            "train it with `astype('category')` for every categorical column, or for none"
        )
    return dict(zip(places, categories))


def categorical_places(booster):
    """Returns the indices of the categorical columns. Their parameter has one name in saved text and another in memory.
    """
    return booster.params.get("categorical_feature") or booster.params.get("categorical_column") or []


def _datatype(categories):
    return "BYTES" if categories and isinstance(categories[0], str) else "FP64"


def _output(booster, objective):
    count = booster.num_model_per_iteration()
    if count > 1:
        name = "probabilities" if objective.startswith("multiclass") else "prediction"
        return {"name": name, "datatype": "FP64", "shape": [-1, count]}
    name = "probability" if objective.startswith("binary") else "prediction"
    return {"name": name, "datatype": "FP64", "shape": [-1]}
