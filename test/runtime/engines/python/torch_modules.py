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


class Nested(nn.Module):
    """Gives tensors within tuples and dictionaries, one of them sparse, and parts that it omits."""

    def forward(self, x):
        boxes = {"least": x.amin(-1), "most": x.amax(-1)}
        return {"scores": (x * 2, x * 3), "boxes": boxes, "chosen": x.to_sparse(), "loss": None}


class Clash(nn.Module):
    """Gives two tensors of one name."""

    def forward(self, x):
        return {"a": {"b": x}, "a_b": x}


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
