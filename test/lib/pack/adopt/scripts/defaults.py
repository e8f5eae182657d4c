"""A script of SageMaker that only loads its model, an estimator of scikit-learn."""

import os

import joblib


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
