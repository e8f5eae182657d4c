"""Inputs of scikit-learn estimators: rows of numbers, the columns of a data frame, or strings."""

import numpy as np

from .errors import CannotServe
from .tensors import DTYPES

FEATURES = "features"
TEXT = "text"

# Number of one-row examples that the runtime uses to try a model without samples.
EXAMPLES = 4

# Values of columns that the estimator knows nothing about.
NUMBERS = (0, 0.618, -6.18, 618.0)

# Rows that compare two ways to run a model.
TRIAL_ROWS = 64
TRIAL_SCALES = (1, 10, 1000)

# Known values of a column that takes any text.
ANY_TEXT = ["text", "other words"]

# More categories than this are not choices for a person.
MAX_CATEGORIES = 100


def inputs_of(estimator, declared):
    """Returns the adapter from tensors to the inputs of `estimator`, as declared or else as fitted."""
    count = getattr(estimator, "n_features_in_", None)
    names = getattr(estimator, "feature_names_in_", None)
    names = None if names is None else [str(name) for name in names]
    known = _known_values(estimator, names)
    categories = _pandas_categories(_first(estimator), names)
    known.update((name, values) for name, values in categories.items() if values)
    examples = {column: values[:EXAMPLES] for column, values in known.items()}
    if declared:
        return _declared(declared, names, examples, categories)
    if count is None:
        if _is_vectorizer(_first(estimator)):
            return Texts({"name": TEXT, "datatype": "BYTES", "shape": [-1]})
        raise CannotServe(
            f"it holds a {type(estimator).__name__}, which does not record its number of columns; declare them with "
            "`--input 'features:FP64[-1,4]'`"
        )
    texts = [column for column, values in examples.items() if isinstance(values[0], str)]
    unused = _unused(estimator, names)
    if names and (texts or unused or categories):
        specs = [{"name": name, "datatype": "BYTES" if name in texts else "FP64", "shape": [-1]} for name in names]
        specs = [{**spec, "unused": True} if spec["name"] in unused else spec for spec in specs]
        specs = [{**spec, **choices(known.get(spec["name"], ()))} for spec in specs]
        return Columns(specs, examples, categories)
    if texts and len(texts) < count:
        raise CannotServe("some of its columns are strings and none has a name; fit it with a pandas data frame")
    spec = {"name": FEATURES, "datatype": "BYTES" if texts else "FP64", "shape": [-1, int(count)]}
    return Rows({**spec, "labels": names} if names else spec, names, examples)


def _declared(specs, names, examples, categories):
    given = [spec["name"] for spec in specs]
    if len(specs) == 1 and len(specs[0]["shape"]) == 2:
        return Rows({**specs[0], "labels": names} if names else specs[0], names, examples)
    if names and not set(given) <= set(names):
        raise CannotServe(f"it takes the columns {', '.join(names)}, but {', '.join(given)} were declared")
    if len(specs) == 1 and not names:
        return Texts(specs[0])
    return Columns(specs, examples, categories)


class Rows:
    """A two-dimensional array. It becomes a data frame if the estimator was fitted with one, because steps may select
    columns by name."""

    def __init__(self, spec, names, examples):
        self.specs = [spec]
        self.modules = {"pandas"} if names else set()
        self._names = names
        self._examples = examples

    def given(self, arrays):
        return self._framed(_values(arrays[0]))

    def row(self, which):
        (spec,) = self.specs
        columns = self._names or range(spec["shape"][1])
        return [_example_of(spec, columns, self._examples, which).reshape(1, -1)]

    def trials(self):
        """Yields the examples, and rows of numbers of different sizes."""
        yield from (self.given(self.row(which)) for which in range(EXAMPLES))
        (spec,) = self.specs
        if spec["datatype"] == "BYTES":
            return
        rows = np.random.default_rng(0).normal(size=(TRIAL_ROWS, spec["shape"][1]))
        for scale in TRIAL_SCALES:
            yield self.given([_fitting(rows * scale, spec["datatype"])])

    def _framed(self, rows):
        if not self._names:
            return rows
        import pandas

        return pandas.DataFrame(rows, columns=self._names)


class Columns:
    """One tensor for each column of a data frame."""

    modules = {"pandas"}

    def __init__(self, specs, examples, categories):
        for spec in specs:
            if len(spec["shape"]) != 1:
                raise CannotServe(f"the column `{spec['name']}` is declared with the shape {spec['shape']}; it is [-1]")
        self.specs = specs
        self._examples = examples
        self._categories = categories

    def given(self, arrays):
        import pandas

        return pandas.DataFrame({spec["name"]: self._column(spec, array) for spec, array in zip(self.specs, arrays)})

    def trials(self):
        """Yields the examples."""
        yield from (self.given(self.row(which)) for which in range(EXAMPLES))

    def _column(self, spec, array):
        values = _values(array)
        if spec["name"] not in self._categories:
            return values
        import pandas

        # Values that are not among the categories become missing values.
        return pandas.Categorical(values, categories=self._categories[spec["name"]])

    def row(self, which):
        return [_example_of(spec, [spec["name"]], self._examples, which) for spec in self.specs]


class Texts:
    """A vector of strings, as scikit-learn's vectorizers expect."""

    modules = set()

    def __init__(self, spec):
        self.specs = [spec]

    def given(self, arrays):
        return _values(arrays[0])

    def row(self, which):
        return [np.array([ANY_TEXT[which % len(ANY_TEXT)].encode()], object)]

    def trials(self):
        """Yields the examples."""
        yield from (self.given(self.row(which)) for which in range(EXAMPLES))


def _values(array):
    if array.dtype != object:
        return array
    texts = np.empty(array.size, object)
    # Missing strings become NaN, as in pandas.
    texts[:] = [np.nan if value is None else value.decode() for value in array.ravel()]
    return texts.reshape(array.shape)


def _example_of(spec, columns, examples, which):
    """Returns an example value for each of `columns`, encoded as in a request. `which` chooses among several."""
    if spec["datatype"] == "BYTES":
        values = [examples.get(column, [""]) for column in columns]
        return np.array([str(each[which % len(each)]).encode() for each in values], object)
    values = [examples.get(column, NUMBERS) for column in columns]
    # Shifted by column, so that the columns of a row differ.
    numbers = [each[(which + place * (which > 0)) % len(each)] for place, each in enumerate(values)]
    return _fitting([0 if isinstance(value, str) else value for value in numbers], spec["datatype"])


def _fitting(numbers, datatype):
    """Returns numbers as an array of a datatype. Those beyond the limits of an integer become the limits."""
    dtype = DTYPES[datatype]
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        numbers = np.clip(np.asarray(numbers, object), limits.min, limits.max)
    return np.asarray(numbers, dtype)


def _first(estimator):
    """Returns the first step, which receives the input."""
    estimator = getattr(estimator, "best_estimator_", estimator)
    steps = [step for _, step in getattr(estimator, "steps", ()) if step not in (None, "passthrough")]
    return _first(steps[0]) if steps else estimator


def _is_vectorizer(step):
    return hasattr(step, "build_analyzer")


def choices(values):
    """Returns the entry of a spec for a column of known strings, if they are few enough to choose from."""
    are_texts = 0 < len(values) <= MAX_CATEGORIES and all(isinstance(value, str) for value in values)
    return {"categories": list(values)} if are_texts and values is not ANY_TEXT else {}


def _known_values(estimator, names):
    """Returns valid values for each column that a step knows values for, by column name or else by index."""
    known = {}
    for step, places in _steps_of_columns(_first(estimator), names):
        if step not in ("drop", "passthrough"):
            known.update(zip(places, _step_values(step, len(places))))
    return known


def _unused(estimator, names):
    """Returns the names of the columns that the first step drops."""
    first = _first(estimator)
    if not names or not hasattr(first, "transformers_"):
        return set()
    return set(names) - {place for step, places in _steps_of_columns(first, names) if step != "drop" for place in places}


def _steps_of_columns(first, names):
    """Yields each step that receives some of the columns, with their names or else their indices."""
    columns = names or range(getattr(first, "n_features_in_", 0))
    # Histogram gradient boosting encodes its categories in a separate preprocessing step.
    source = getattr(first, "_preprocessor", None) or first
    for _, step, chosen in getattr(source, "transformers_", [(None, first, columns)]):
        places = [chosen] if isinstance(chosen, (str, int)) else chosen
        if isinstance(places, slice) or getattr(np.asarray(places), "dtype", None) == bool:
            places = np.asarray(columns)[places]
        elif names and len(places) and not isinstance(places[0], str):
            places = np.asarray(names)[places]
        yield step, [_plain(place) for place in places]


def _pandas_categories(step, names):
    """Returns the categories of each column that must be categorical in pandas, as LightGBM requires."""
    booster = getattr(step, "booster_", None)
    categories = getattr(booster, "pandas_categorical", None)
    if not categories or not names:
        return {}
    # The estimator was fitted with LightGBM, so unpickling it has already imported the package.
    from .lightgbm_model import categorical_places

    return {names[place]: values for place, values in zip(categorical_places(booster), categories)}


def _step_values(step, count):
    """Returns values for each column of one step: the categories for encoders, any text for vectorizers, and the range
    that a scaler has seen."""
    for each in [step, *(inner for _, inner in getattr(step, "steps", ()))]:
        if _is_vectorizer(each):
            return [ANY_TEXT] * count
        categories = getattr(each, "categories_", None)
        if isinstance(categories, list):
            # A missing value is a category, too.
            present = ([_plain(value) for value in column if value is not None and value == value] for column in categories)
            return [values or [0] for values in present]
        mean, scale = getattr(each, "mean_", None), getattr(each, "scale_", None)
        if mean is not None and scale is not None and len(mean) == len(scale) == count:
            steps = (0, 1, -1, 2)
            return [[float(center + step * width) for step in steps] for center, width in zip(mean, scale)]
        low, high = getattr(each, "data_min_", None), getattr(each, "data_max_", None)
        if low is not None and high is not None and len(low) == count:
            return [[float(first), float(last), float(first + last) / 2] for first, last in zip(low, high)]
    return []


def _plain(value):
    return value.item() if isinstance(value, np.generic) else value
