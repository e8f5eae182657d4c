"""Modules of PyTorch for tests; whole ones are imported from here when they are loaded."""

from typing import Dict

import torch
from torch import nn


class Classifier(nn.Module):
    """Dropout shows whether it is in evaluation mode."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.9), nn.ReLU(), nn.Linear(8, 3))

    def forward(self, features):
        return torch.softmax(self.layers(features), -1)


class Pair(nn.Module):
    """Gives a dictionary, and takes a constant between its tensors."""

    def forward(self, ids, weights, scale: int):
        return {"total": ids.sum(-1) * scale, "weighted": ids * weights.unsqueeze(-1)}


class Branches(nn.Module):
    def forward(self, left: torch.Tensor, right: torch.Tensor) -> Dict[str, torch.Tensor]:
        return {"sum": left + right, "length": torch.tensor(left.shape[1])}


class Embedder(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding.from_pretrained(torch.arange(6.0).reshape(3, 2))

    def forward(self, index):
        return self.table(index), index * 2


class Halves(nn.Module):
    def forward(self, x):
        return x / 3 + 1


class OneRow(nn.Module):
    """Takes a batch of one row, and no other."""

    def forward(self, x):
        return x.reshape(1, 2) * 2
