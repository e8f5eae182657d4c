"""Writes a module of PyTorch as an ONNX file, by PyTorch's own exporter."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

# Protobuf files end at 2 GiB. Larger weights are stored in a file beside the graph.
MAX_INLINE_BYTES = 1_800_000_000


class Outputs(torch.nn.Module):
    """A model with positional inputs, which returns only the outputs that are exported."""

    def __init__(self, model: torch.nn.Module, inputs: Sequence[str], outputs: Sequence[str]):
        super().__init__()
        self.model = model
        self.inputs = list(inputs)
        self.outputs = list(outputs)

    def forward(self, *tensors: torch.Tensor):
        result = self.model(**dict(zip(self.inputs, tensors, strict=True)))
        return tuple(result[name] for name in self.outputs)


def write(
    model: torch.nn.Module, example: Mapping[str, torch.Tensor], outputs: Sequence[str], path: Path, axes: Sequence[int]
) -> None:
    """Exports `model`. Each input may have any size in the dimensions `axes`."""
    dynamic = tuple({axis: torch.export.Dim.DYNAMIC for axis in axes} for _ in example)
    program = torch.onnx.export(
        Outputs(model, list(example), outputs).eval(),
        tuple(example.values()),
        dynamo=True,
        dynamic_shapes={"tensors": dynamic},
        input_names=list(example),
        output_names=list(outputs),
        verbose=False,
    )
    # The exporter adds the lines of source code, with the paths of this machine.
    for graph in [program.model.graph, *(function.graph for function in program.model.functions.values())]:
        for node in graph.all_nodes():
            node.metadata_props.clear()
            node.doc_string = None
            for value in node.outputs:
                value.metadata_props.clear()
    program.model.metadata_props.clear()
    size = sum(tensor.numel() * tensor.element_size() for tensor in model.state_dict().values())
    program.save(str(path), external_data=size > MAX_INLINE_BYTES)
