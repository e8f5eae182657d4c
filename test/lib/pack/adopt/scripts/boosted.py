"""A script of SageMaker that only loads its model, a booster of XGBoost."""

import os

import xgboost


def model_fn(model_dir):
    booster = xgboost.Booster()
    booster.load_model(os.path.join(model_dir, "xgboost-model"))
    return booster
