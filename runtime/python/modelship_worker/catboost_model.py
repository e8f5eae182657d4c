"""Models that CatBoost saved in its own binary format."""

import catboost
import numpy as np

from .boosted import features, refuse_categories
from .errors import CannotServe


def load(path, threads, _declared):
    model = catboost.CatBoost()
    model.load_model(path, format="cbm")
    return PoolModel(model, threads)


class PoolModel:
    """Takes rows of numbers, in which NaN is a missing value."""

    modules = ("catboost", "numpy")

    def __init__(self, model, threads):
        self._model = model
        self._threads = threads
        names = model.feature_names_
        refuse_categories([names[place] for place in model.get_cat_feature_indices()])
        if model.get_text_feature_indices() or model.get_embedding_feature_indices():
            raise CannotServe("it takes texts or embeddings; models of numbers can be served. Export it to ONNX")
        spec = features(names, len(names), "{}")
        self._classes = [str(name) for name in model.classes_]
        self._is_classifier = len(self._classes) > 0
        output = {"name": "probabilities" if self._is_classifier else "prediction", "datatype": "FP64", "shape": [-1]}
        self.signatures = {"serving_default": {"inputs": [spec], "outputs": [output]}}
        (scores,) = self.run(None, [np.zeros((1, len(names)))])
        output["shape"] += scores.shape[1:]
        if self._is_classifier and scores.shape[-1] == len(self._classes):
            output["labels"] = self._classes

    def run(self, _signature, arrays):
        kind = "Probability" if self._is_classifier else "RawFormulaVal"
        rows = np.ascontiguousarray(arrays[0])
        return [self._model.predict(rows, prediction_type=kind, thread_count=self._threads)]
