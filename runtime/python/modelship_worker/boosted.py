"""Parts of the modules for boosted trees."""

from .errors import CannotServe


def features(names, count, made_up):
    """Returns the only input: rows of numbers, labeled with the names of the columns unless all of them are made up."""
    spec = {"name": "features", "datatype": "FP64", "shape": [-1, count]}
    named = names and list(names) != [made_up.format(place) for place in range(count)]
    return {**spec, "labels": [str(name) for name in names]} if named else spec


def refuse_categories(columns):
    """Rejects a model with categorical columns, whose codes depend on the data that it was trained on."""
    if columns:
        raise CannotServe(
            f"its columns {', '.join(map(str, columns))} are categorical, and the file does not say how categories were "
            "encoded; encode them in a pipeline of scikit-learn, and pack the pipeline"
        )
