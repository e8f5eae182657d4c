"""Shared by the training scripts of the gallery."""

import csv
import json
import sys
from pathlib import Path

import numpy as np

SEED = 7


def folder():
    """The folder that the command line gives, which is created."""
    path = Path(sys.argv[1])
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_rows(path, rows, labels, digits=6):
    """Rows that the model has not seen, with the column `label`, for `modelship evaluate --rows`."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"x{index}" for index in range(rows.shape[1])), "label"])
        for row, label in zip(rows, labels):
            writer.writerow([*(f"{value:.{digits}g}" for value in row), label])


def write_queries(path, queries):
    """Queries with their relevant items, for `modelship evaluate --rows`."""
    path.write_text("".join(json.dumps({"query": query, "relevant": items}) + "\n" for query, items in queries))


def write_json_rows(path, columns):
    """Rows of any shape by the name of their column, for `modelship evaluate --rows`. One column is `label`."""
    columns = {name: np.asarray(values).tolist() for name, values in columns.items()}
    rows = (dict(zip(columns, row)) for row in zip(*columns.values(), strict=True))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_samples(path, inputs, outputs):
    """Requests and the answers of the framework, which `modelship pack --samples` compares with those of the saved model."""
    def rows(tensors):
        return [dict(zip(tensors, row)) for row in zip(*(np.asarray(values).tolist() for values in tensors.values()), strict=True)]

    path.write_text(json.dumps({"instances": rows(inputs), "predictions": rows(outputs)}))


def split(data, classes=True):
    """Training and held-out rows of a data set of scikit-learn, the same in every run."""
    from sklearn.model_selection import train_test_split

    return train_test_split(data.data, data.target, test_size=0.25, random_state=SEED,
                            stratify=data.target if classes else None)


def pixels():
    """Pictures of handwritten digits, 8×8 pixels from 0 to 1, which come with scikit-learn."""
    from sklearn.datasets import load_digits

    data = load_digits()
    data.data = (data.data / 16).astype(np.float32)
    return split(data)


def seeded_torch():
    """PyTorch, which trains a network the same in every run. Small networks gain nothing by several threads."""
    import torch

    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    return torch


def train_network(network, rows, labels, epochs):
    """Trains a classifier of PyTorch."""
    import torch

    inputs, targets = torch.tensor(rows), torch.tensor(labels)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(128):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(inputs[batch]), targets[batch]).backward()
            optimizer.step()
    return network


def export_network(model, path, example, outputs):
    """Saves a network of PyTorch as ONNX, which takes any number of rows. `example` has an input of two rows by its name."""
    import torch

    batch = torch.export.Dim("batch")
    torch.onnx.export(model, tuple(example.values()), path, input_names=list(example), output_names=outputs,
                      dynamic_shapes=tuple({0: batch} for _ in example), dynamo=True, external_data=False, verbose=False)


def seeded_keras():
    """Keras on TensorFlow, which trains a network the same in every run. Small networks gain nothing by several threads."""
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow
    from tensorflow import keras

    keras.utils.set_random_seed(SEED)
    tensorflow.config.experimental.enable_op_determinism()
    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    return keras


def export_keras(inputs, outputs, path):
    """Saves a network of Keras as a SavedModel. `outputs` has them by their names."""
    from tensorflow import keras

    keras.Model(inputs, outputs).export(path, verbose=False)
