"""Modules that load models, by format."""

import importlib

# Only the module of a model's format is imported, because its framework may take seconds to load.
MODULES = {
    "catboost": "catboost_model",
    "exported_program": "exported_program",
    "handler": "handler",
    "lightgbm": "lightgbm_model",
    "onnx": "onnx_model",
    "pickle": "pickle_model",
    "saved_model": "saved_model",
    "skops": "skops_model",
    "torch_pickle": "torch_pickle",
    "torchscript": "torchscript",
    "xgboost": "xgboost_model",
}


def load_model(form, path, threads, declared):
    """Loads a model with its signatures. `declared` has what the package or the user says about it."""
    return importlib.import_module(f"modelship_worker.{MODULES[form]}").load(path, threads, declared)
