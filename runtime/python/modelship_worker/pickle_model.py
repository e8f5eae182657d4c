"""Scikit-learn estimators, and objects with the same methods, saved by joblib, pickle or cloudpickle."""

import numpy as np

from .errors import CannotServe
from .estimator_inputs import EXAMPLES, inputs_of
from .packages import PickledModules
from .tensors import datatype_of


# Types allowed in an object array. Each value becomes a string.
SCALARS = (str, bytes, bool, int, float, np.generic)


# Classifiers whose `predict` is documented or implemented as the class of the largest probability. Subclasses may differ.
ARGMAX_CLASSIFIERS = {
    "sklearn": {
        "BaggingClassifier",
        "BernoulliNB",
        "CategoricalNB",
        "DecisionTreeClassifier",
        "ExtraTreeClassifier",
        "ExtraTreesClassifier",
        "GaussianNB",
        "GradientBoostingClassifier",
        "HistGradientBoostingClassifier",
        "KNeighborsClassifier",
        "LinearDiscriminantAnalysis",
        "LogisticRegression",
        "LogisticRegressionCV",
        "MLPClassifier",
        "MultinomialNB",
        "QuadraticDiscriminantAnalysis",
        "RandomForestClassifier",
    },
    "lightgbm": {"LGBMClassifier"},
}


def load(path, _threads, declared):
    """Unpickles the file, which runs the code that it names. The runtime requires trust first."""
    modules = PickledModules()
    try:
        import joblib
    except ImportError:
        import pickle

        with open(path, "rb") as file:
            estimator = pickle.load(file)
    else:
        estimator = joblib.load(path)
    model = model_of(estimator, declared)
    modules.used |= model.frame_modules | output_modules(estimator)
    model.modules = modules
    return model


def model_of(estimator, declared):
    if not callable(getattr(estimator, "predict", None)):
        raise CannotServe(
            f"it contains a {type(estimator).__name__}; an object with `predict`, such as a fitted estimator or pipeline "
            "of scikit-learn, can be served"
        )
    return PickledModel(estimator, declared)


def output_modules(estimator):
    """Returns the modules of the data frames that steps of scikit-learn are configured to give."""
    parameters = estimator.get_params().values() if hasattr(estimator, "get_params") else ()
    configurations = [getattr(each, "_sklearn_output_config", {}) for each in [estimator, *parameters]]
    return {kind for each in configurations for kind in each.values()} & {"pandas", "polars"}


class PickledModel:
    """A pickled estimator. A classifier returns `label` and `probabilities`, any other model `prediction`. If a
    classifier has several targets, `label` has a column for each, and the outputs `probabilities_0` and so on belong to
    the targets. `method` restricts a classifier to one of both."""

    def __init__(self, estimator, declared):
        self.estimator = estimator
        self._classes = getattr(estimator, "classes_", None)
        self._predict = estimator.predict
        method = declared.get("method") or _method(declared.get("outputs") or ())
        has_scores = self._classes is not None and method != "predict"
        self._predict_proba = getattr(estimator, "predict_proba", None) if has_scores else None
        self._gives_label = self._predict_proba is None or method != "predict_proba"
        self._inputs = inputs_of(estimator, declared.get("inputs"))
        self.frame_modules = self._inputs.modules
        gives_both = self._predict_proba is not None and self._gives_label
        self._takes_largest = gives_both and is_argmax(estimator) and self._proves_argmax()
        outputs = declared.get("outputs") or self._probe()
        self.signatures = {"serving_default": {"inputs": self._inputs.specs, "outputs": outputs}}

    def run(self, _signature, arrays):
        return [array for _, array in self._outputs(self._inputs.given(arrays))]

    def parameters(self):
        """Returns the trees or the weights of the estimator by name, or nothing if it has others."""
        # Imported with the first explanation, which most servers never give.
        from .parameters import parameters

        try:
            return parameters(self.estimator)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            # Other versions of scikit-learn keep some parameters elsewhere.
            return {}

    def examples(self):
        """Returns the inputs of requests that the estimator should accept, as it records its columns and values."""
        return [self._inputs.row(which) for which in range(EXAMPLES)]

    def _outputs(self, features):
        if self._classes is None:
            return _named("prediction", self._predict(features))
        if self._takes_largest:
            # One run of the model instead of two.
            scores = self._predict_proba(features)
            return _named("label", self._largest(scores)) + _named("probabilities", scores)
        outputs = _named("label", self._predict(features)) if self._gives_label else []
        if self._predict_proba:
            scores = self._predict_proba(features)
            # Targets may have different numbers of classes.
            if isinstance(scores, list):
                for target, each in enumerate(scores):
                    outputs += _named(f"probabilities_{target}", each)
            else:
                outputs += _named("probabilities", scores)
        return outputs

    def _largest(self, scores):
        return self._classes.take(np.argmax(scores, axis=1))

    def _proves_argmax(self):
        """Compares both ways to determine the class on made-up rows."""
        try:
            for features in self._inputs.trials():
                scores = self._predict_proba(features)
                labels = np.asarray(self._predict(features))
                same = self._largest(scores)
                if labels.dtype != same.dtype or not np.array_equal(labels, same):
                    return False
        except Exception:
            # Rows that the model rejects prove nothing.
            return False
        return True

    def _probe(self):
        """Runs one row to determine the types and shapes of the outputs, and whether the model runs at all."""
        try:
            outputs = self._outputs(self._inputs.given(self._inputs.row(0)))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            taken = ", ".join(f"{spec['name']}:{spec['datatype']}{spec['shape']}" for spec in self._inputs.specs)
            raise CannotServe(
                f"it does not run with one row of {taken}: {type(error).__name__}: {str(error)[:200]}. Declare its "
                "inputs with `--input 'NAME:DATATYPE[-1]'`, once for each column of its data frame, as BYTES if it is text"
            ) from error
        return [self._described(name, array) for name, array in outputs]

    def _described(self, name, array):
        spec = {"name": name, "datatype": datatype_of(array.dtype), "shape": [-1, *array.shape[1:]]}
        labels = self._labels(name)
        return {**spec, "labels": labels} if labels and len(labels) == array.shape[-1] else spec

    def _labels(self, name):
        kind, _, target = name.partition("_")
        if kind != "probabilities":
            return None
        several = isinstance(self._classes, list)
        if several and not target:
            return None
        return [str(each) for each in (self._classes[int(target)] if several else self._classes)]


def _method(outputs):
    """Returns the method that a package was restricted to, which its declared outputs show."""
    kinds = {spec["name"].partition("_")[0] for spec in outputs}
    if kinds == {"label"}:
        return "predict"
    return "predict_proba" if kinds == {"probabilities"} else None


def is_argmax(estimator):
    """Whether the class of a known classifier, or of a pipeline that ends with one, is that of the largest probability."""
    estimator = getattr(estimator, "best_estimator_", estimator)
    steps = getattr(estimator, "steps", None)
    if steps and type(estimator).__name__ == "Pipeline":
        return is_argmax(steps[-1][1])
    kind = type(estimator)
    # The classes of several targets are a list.
    is_single = isinstance(getattr(estimator, "classes_", None), np.ndarray)
    return is_single and kind.__name__ in ARGMAX_CLASSIFIERS.get(kind.__module__.split(".")[0], ())


def _named(name, result, nested=False):
    """Returns the arrays of a prediction: a single one, or the values of a dictionary or data frame by their names. The
    names of nested values are joined by underscores."""
    if hasattr(result, "toarray"):
        return [(name, result.toarray())]
    result = _columns(result)
    if isinstance(result, dict) or hasattr(result, "columns"):
        prefix = f"{name}_" if nested else ""
        return [pair for key in result for pair in _named(f"{prefix}{key}", result[key], nested=True)]
    return [(name, _dense(name, result))]


def _columns(result):
    """Returns one dictionary of columns for a list of dictionaries, one for each row. Returns other results unchanged."""
    if not isinstance(result, (list, tuple)) and getattr(result, "dtype", None) != object:
        return result
    rows = list(result)
    if not rows or not all(isinstance(row, dict) for row in rows):
        return result
    if any(row.keys() != rows[0].keys() for row in rows):
        raise CannotServe("its dictionaries have different keys in each row; give every row the same keys")
    return {key: [row[key] for row in rows] for key in rows[0]}


def _dense(name, values):
    array = np.asarray(values)
    if array.dtype == object:
        other = next((each for each in array.ravel() if not isinstance(each, SCALARS)), None)
        if other is not None:
            raise CannotServe(
                f"its `{name}` holds a {type(other).__name__}; numbers, texts, and arrays or dictionaries of them can be "
                "served. Wrap the model in one whose `predict` returns these"
            )
    return array
