"""Exports Keras archives as SavedModels."""

import os

# TensorFlow reads the variables on import.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import tensorflow as tf


def export(request):
    # In safe mode, Keras refuses Python functions that are stored in the archive.
    model = tf.keras.models.load_model(request["keras"], compile=False, safe_mode=True)
    model.export(request["folder"], verbose=False)
    return {}
