"""Builds modules of PyTorch whose class and weights are separate files, and saves each as one file."""

import importlib
import inspect
import sys

from modelship_worker.sandbox import restrict


def save(request):
    restrict(request["model"], is_trusted=True)
    import torch

    sys.path.insert(0, request["code"])
    module = importlib.import_module(request["module"])
    classes = [each for _, each in inspect.getmembers(module, inspect.isclass) if each.__module__ == module.__name__]
    if len(classes) != 1:
        names = ", ".join(each.__name__ for each in classes) or "none"
        raise ValueError(f"it must define one class, as TorchServe expects, and defines {names}")
    model = classes[0]()
    if "weights" in request:
        model.load_state_dict(torch.load(request["weights"], map_location="cpu", weights_only=True))
    torch.save(model.eval(), request["model"])
    return {}
