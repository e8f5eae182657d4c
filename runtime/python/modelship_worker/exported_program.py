"""Programs exported by `torch.export`, with their signatures."""

import torch
from torch.export.graph_signature import ConstantArgument, InputKind, TensorArgument
from torch.export.passes import move_to_device_pass
from torch.utils import _pytree as pytree

from . import torch_tensors
from .errors import CannotServe


def load(path, threads, _declared):
    """Loads the program. It may hold pickled weights, so the runtime requires trust first."""
    torch.set_num_threads(threads)
    return ExportedModel(move_to_device_pass(torch.export.load(path), torch_tensors.DEVICE))


class ExportedModel:
    modules = ("numpy", "torch")

    def __init__(self, program):
        self._module = program.module()
        self._structure = program.call_spec.in_spec
        # Each flattened argument is a tensor, or a constant that was recorded at export.
        specs = program.graph_signature.input_specs
        self._arguments = [spec.arg for spec in specs if spec.kind == InputKind.USER_INPUT]
        values = {node.name: node.meta.get("val") for node in program.graph.nodes}
        inputs = []
        for argument in self._arguments:
            if isinstance(argument, ConstantArgument):
                continue
            if not isinstance(argument, TensorArgument):
                raise CannotServe(f"its input `{argument.name}` is not a tensor, and only tensors can be sent")
            inputs.append(_spec(argument.name, values[argument.name]))
        results = [
            spec.arg.value if isinstance(spec.arg, ConstantArgument) else values[spec.arg.name]
            for spec in program.graph_signature.output_specs
            if spec.kind.name == "USER_OUTPUT"
        ]
        named = torch_tensors.named(pytree.tree_unflatten(results, program.call_spec.out_spec))
        self._inputs = inputs
        outputs = [_spec(name, value) for name, value in named]
        self.signatures = {"serving_default": {"inputs": inputs, "outputs": outputs}}

    def run(self, _signature, arrays):
        tensors = iter([torch_tensors.tensor_from(spec, array) for spec, array in zip(self._inputs, arrays)])
        flat = [
            argument.value if isinstance(argument, ConstantArgument) else next(tensors) for argument in self._arguments
        ]
        args, kwargs = pytree.tree_unflatten(flat, self._structure)
        result = torch_tensors.call(self._module, *args, **kwargs)
        return [torch_tensors.array_from(tensor) for _, tensor in torch_tensors.named(result)]


def _spec(name, value):
    # A dimension that is not an integer was exported as dynamic.
    shape = [size if isinstance(size, int) else -1 for size in value.shape]
    return {"name": name, "datatype": torch_tensors.datatype_of(value.dtype), "shape": shape}
