"""Saves models whose code is defined in this script to the folder given: by name, and with their definitions."""

import pathlib
import sys

import cloudpickle
import joblib
import numpy as np
import torch
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer


def log(rows):
    return np.log1p(rows)


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(2, 1)

    def forward(self, x):
        return self.linear(x)


folder = pathlib.Path(sys.argv[1])
pipeline = make_pipeline(FunctionTransformer(log), LinearRegression()).fit([[1.0], [2.0]], [1.0, 2.0])
joblib.dump(pipeline, folder / "by-name.joblib")
with open(folder / "with-code.pkl", "wb") as file:
    cloudpickle.dump(pipeline, file)
torch.save(Net(), folder / "by-name.pt")
torch.save(Net(), folder / "with-code.pt", pickle_module=cloudpickle)
