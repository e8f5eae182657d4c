"""Estimators that skops saved. Loading creates objects of known types only, and runs no code from the file."""

import skops.io

from .errors import CannotServe
from .pickle_model import model_of, output_modules

# Types that skops does not know, whose state is data.
TRUSTED = {
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRanker",
    "lightgbm.sklearn.LGBMRegressor",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRanker",
    "xgboost.sklearn.XGBRegressor",
}


def load(path, _threads, declared):
    found = skops.io.get_untrusted_types(file=path)
    others = sorted(set(found) - TRUSTED)
    if others:
        raise CannotServe(
            f"it needs {', '.join(others)}, which skops does not trust; save it by `joblib.dump`, and pack it with "
            "`--trust-pickle` and `--code`"
        )
    estimator = skops.io.load(path, trusted=found)
    model = model_of(estimator, declared)
    boosted = {each.split(".")[0] for each in found} & {"lightgbm", "xgboost"}
    model.modules = {"numpy", "sklearn", "skops"} | boosted | model.frame_modules | output_modules(estimator)
    return model
