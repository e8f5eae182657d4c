"""PyTorch modules that do not record their signature. The inputs are declared, and a run determines the outputs."""

import torch

from . import torch_tensors
from .errors import CannotServe

# Dynamic dimensions are probed with two sizes: small ones for the batch, and sizes typical of images and texts for the
# others. Output dimensions that change with them are dynamic, too.
BATCHES = (2, 3)
OTHERS = (64, 96)

MAX_REASON = 200


class DeclaredModule:
    """Calls a module with tensors by parameter name if every input is named like a parameter, or else by position."""

    def __init__(self, module, parameters, inputs, outputs, modules=("numpy", "torch"), names=None):
        if not inputs:
            raise CannotServe(
                f"it takes {', '.join(parameters) or 'no input'}, and does not record their types and shapes; declare them "
                "with `--input 'NAME:FP32[-1,4]'`, once for each, or by samples of the Open Inference Protocol"
            )
        for spec in inputs:
            if spec["datatype"] not in torch_tensors.DTYPES:
                raise CannotServe(
                    f"PyTorch has no tensors of {spec['datatype']}, the declared datatype of `{spec['name']}`; use numbers"
                )
        self.modules = modules
        self.module = module
        self._inputs = inputs
        self.by_name = {spec["name"] for spec in inputs} <= set(parameters)
        self.signatures = {"serving_default": {"inputs": inputs, "outputs": outputs or self._renamed(self._probe(), names)}}

    def run(self, _signature, arrays):
        tensors = [torch_tensors.tensor_from(spec, array) for spec, array in zip(self._inputs, arrays)]
        return [torch_tensors.array_from(tensor) for tensor in self._named_as_packed(self._call(tensors))]

    def _named_as_packed(self, outputs):
        expected = [spec["name"] for spec in self.signatures["serving_default"]["outputs"]]
        # A list of one tensor has a different name than one of several.
        names = ["output_0"] if [name for name, _ in outputs] == ["output"] else [name for name, _ in outputs]
        if _are_positions(names) and len(names) == len(expected):
            # The names of the package may be others, such as those of a server that the model was made for.
            return [tensor for _, tensor in outputs]
        if names != expected and [name for name, _ in outputs] != expected:
            raise CannotServe(f"the module returned {', '.join(names)} for this input, but {', '.join(expected)} when it was packed")
        return [tensor for _, tensor in outputs]

    @staticmethod
    def _renamed(specs, names):
        if not names:
            return specs
        if len(names) != len(specs) or not _are_positions([spec["name"] for spec in specs]):
            found = ", ".join(spec["name"] for spec in specs)
            raise CannotServe(f"it returns {found}, and {', '.join(names)} were declared")
        return [{**spec, "name": name} for spec, name in zip(specs, names)]

    def _call(self, tensors):
        if not self.by_name:
            return torch_tensors.named(torch_tensors.call(self.module, *tensors))
        by_name = {spec["name"]: tensor for spec, tensor in zip(self._inputs, tensors)}
        return torch_tensors.named(torch_tensors.call(self.module, **by_name))

    def _probe(self):
        """Runs the module to determine the specs of the outputs."""
        first, second = (self._call_with_zeros(which) for which in (0, 1))
        if [name for name, _ in first] != [name for name, _ in second]:
            raise CannotServe(
                f"it returns {len(first)} tensors for a batch of {BATCHES[0]} and {len(second)} for one of {BATCHES[1]}; "
                "return one tensor for the whole batch, such as by `torch.stack`"
            )
        return [
            {
                "name": name,
                "datatype": torch_tensors.datatype_of(one.dtype),
                "shape": [size if size == other_size else -1 for size, other_size in zip(one.shape, other.shape)],
            }
            for (name, one), (_, other) in zip(first, second)
        ]

    def _call_with_zeros(self, which):
        tensors = []
        for spec in self._inputs:
            sizes = [
                size if size != -1 else (OTHERS if axis else BATCHES)[which] for axis, size in enumerate(spec["shape"])
            ]
            dtype = torch_tensors.DTYPES[spec["datatype"]]
            tensors.append(torch.zeros(sizes, dtype=dtype, device=torch_tensors.DEVICE))
        try:
            return self._call(tensors)
        except (ValueError, TypeError) as error:
            shapes = ", ".join(f"{spec['name']} {list(tensor.shape)}" for spec, tensor in zip(self._inputs, tensors))
            # The last line is the error, and the lines before it are its location.
            reason = str(error).strip().split("\n")[-1]
            raise CannotServe(
                f"it does not run with zeros of the shapes {shapes}: {reason[:MAX_REASON]}. Declare its inputs with "
                "`--input 'NAME:FP32[1,4]'`, once for each, with -1 for the dimensions that may have any size"
            ) from error


def _are_positions(names):
    """Whether the names of outputs were made up from their positions."""
    return names == ["output"] or names == [f"output_{place}" for place in range(len(names))]
