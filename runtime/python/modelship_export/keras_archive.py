"""Exports Keras archives as SavedModels."""

import os

# TensorFlow reads the variables on import.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

from .restricted import restrict_to

# In safe mode, Keras refuses Python functions that are stored in the archive. Archives could bypass it before this version
# (CVE-2025-1550, CVE-2025-8747, CVE-2025-9905, CVE-2025-9906 and CVE-2026-1462).
OLDEST = (3, 14)


def export(request):
    # Before anything else is imported, because the kernel restricts only this thread and those that it starts later.
    restrict_to(request["keras"], request["out"])

    import keras

    if tuple(int(part) for part in keras.__version__.split(".")[:2]) < OLDEST:
        raise ModuleNotFoundError(name=f"keras of at least version {'.'.join(map(str, OLDEST))}")
    # Models that Keras exports as SavedModels are traced by TensorFlow.
    import tensorflow  # noqa: F401

    model = keras.models.load_model(request["keras"], compile=False, safe_mode=True)
    model.export(request["folder"], verbose=False)
    return {}
