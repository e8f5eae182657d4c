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


def train_network(network, rows, labels, epochs):
    """Trains a classifier of PyTorch, the same in every run."""
    import torch

    torch.manual_seed(SEED)
    network.apply(lambda layer: layer.reset_parameters() if hasattr(layer, "reset_parameters") else None)
    inputs, targets = torch.tensor(rows), torch.tensor(labels)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(128):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(inputs[batch]), targets[batch]).backward()
            optimizer.step()
    return network


def save_network(network, path, width):
    """Saves a classifier of PyTorch as ONNX, with probabilities as its output."""
    import torch

    batch = torch.export.Dim("batch")
    model = torch.nn.Sequential(network, torch.nn.Softmax(dim=1)).eval()
    torch.onnx.export(model, (torch.zeros(2, width),), path, input_names=["features"], output_names=["probabilities"],
                      dynamic_shapes=({0: batch},), dynamo=True, external_data=False, verbose=False)
