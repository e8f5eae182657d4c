"""Whole modules pickled by `torch.save`. Their classes must be importable here."""

import inspect

import torch

from . import torch_tensors
from .errors import CannotServe
from .packages import PickledModules
from .torch_module import DeclaredModule


def load(path, threads, declared):
    """Unpickles the file, which runs the code that it names. The runtime requires trust first."""
    torch.set_num_threads(threads)
    modules = PickledModules()
    module = torch.load(path, map_location=torch_tensors.DEVICE, weights_only=False)
    if isinstance(module, dict):
        raise CannotServe(
            "it contains weights without the module that uses them; load them into the module, and save it by "
            "`torch.export.save`, `torch.jit.save` or whole by `torch.save`"
        )
    if not isinstance(module, torch.nn.Module):
        raise CannotServe(f"it contains a {type(module).__name__}; a torch.nn.Module can be served")
    parameters = list(inspect.signature(module.forward).parameters)
    modules.used.add("torch")
    inputs, outputs, names = (declared.get(each) for each in ("inputs", "outputs", "outputNames"))
    return DeclaredModule(module.eval(), parameters, inputs, outputs, modules, names)
