"""A script of SageMaker without a function that loads its model, the only module of PyTorch beside it."""

import torch

WARM = []


def model_warmup_fn(model_dir, model):
    WARM.append(model(torch.zeros(1, 4)))


def predict_fn(data, model):
    with torch.no_grad():
        return model(data) if WARM else None
