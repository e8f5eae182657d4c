"""TorchScript programs, scripted or traced."""

import torch

from . import torch_tensors
from .errors import CannotServe
from .torch_module import DeclaredModule


def load(path, threads, declared):
    torch.set_num_threads(threads)
    module = torch.jit.load(path, map_location=torch_tensors.DEVICE).eval()
    parameters = [argument.name for argument in module.forward.schema.arguments[1:]]
    inputs, outputs, names = (declared.get(each) for each in ("inputs", "outputs", "outputNames"))
    if inputs:
        return DeclaredModule(module, parameters, inputs, outputs, names=names)
    recorded = _recorded(path, parameters)
    try:
        return DeclaredModule(module, parameters, [_open_batch(spec) for spec in recorded], None, names=names)
    except CannotServe:
        # Some modules were traced for only one batch size.
        return DeclaredModule(module, parameters, recorded, None, names=names)


def _recorded(path, parameters):
    """Returns the inputs that the module was traced with, or an empty list if it was scripted."""
    module = torch.jit.load(path, map_location="cpu", _restore_shapes=True)
    specs = []
    for name, value in zip(parameters, list(module.forward.graph.inputs())[1:]):
        kind = value.type()
        if not isinstance(kind, torch.TensorType) or kind.sizes() is None or kind.dtype() is None:
            return []
        specs.append({"name": name, "datatype": torch_tensors.datatype_of(kind.dtype()), "shape": kind.sizes()})
    return specs


def _open_batch(spec):
    return {**spec, "shape": [-1, *spec["shape"][1:]] if spec["shape"] else []}
