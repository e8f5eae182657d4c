"""Gives an ONNX model the names, datatypes and shapes that the clients of its package know."""

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

TYPES = {
    "BOOL": TensorProto.BOOL,
    "UINT8": TensorProto.UINT8,
    "UINT16": TensorProto.UINT16,
    "UINT32": TensorProto.UINT32,
    "UINT64": TensorProto.UINT64,
    "INT8": TensorProto.INT8,
    "INT16": TensorProto.INT16,
    "INT32": TensorProto.INT32,
    "INT64": TensorProto.INT64,
    "FP16": TensorProto.FLOAT16,
    "BF16": TensorProto.BFLOAT16,
    "FP32": TensorProto.FLOAT,
    "FP64": TensorProto.DOUBLE,
    "BYTES": TensorProto.STRING,
}


def fit(model: ModelProto, inputs: list, outputs: list, chosen: list) -> None:
    """Renames the inputs of `model` and its outputs `chosen` as the specs say, and converts values where they differ.

    Names are changed in place, because further operators would hide the trees and weights that explanations read.
    """
    graph = model.graph
    # The converter's names, and those that they get.
    names, before, after = {}, [], []
    for given, spec in zip(graph.input, inputs):
        steps = _input_steps(given.type.tensor_type, spec)
        names[given.name] = f"{spec['name']}__converted" if steps else spec["name"]
        before += _nodes(steps, spec["name"], names[given.name])
    found = {each.name: each.type.tensor_type for each in graph.output}
    for name, spec in zip(chosen, outputs):
        steps = _output_steps(found[name], spec)
        names[name] = f"{spec['name']}__given" if steps else spec["name"]
        after += _nodes(steps, names[name], spec["name"])
    if len(names) < len(inputs) + len(outputs):
        raise ValueError("the converter gives one value as several inputs or outputs")
    # Values within the graph may already have one of the names.
    inner = _names_in(graph) - set(names)
    names |= {spec["name"]: f"{spec['name']}__inner" for spec in [*inputs, *outputs] if spec["name"] in inner}
    _rename(graph, names)
    nodes = [*before, *graph.node, *after]
    for field in ("input", "output", "node", "value_info"):
        graph.ClearField(field)
    graph.input.extend(_value(spec) for spec in inputs)
    graph.output.extend(_value(spec) for spec in outputs)
    graph.node.extend(nodes)


def _input_steps(tensor, spec):
    """Returns the operators between what clients send and what the model takes: type, constant input and attributes."""
    steps = []
    if len(tensor.shape.dim) == len(spec["shape"]) + 1:
        steps.append(("Unsqueeze", np.array([1], np.int64), {}))
    if tensor.elem_type != TYPES[spec["datatype"]]:
        steps.append(("Cast", None, {"to": tensor.elem_type}))
    return steps


def _output_steps(tensor, spec):
    """Returns the operators between what the model gives and what clients get."""
    steps = []
    sizes = [size.dim_value for size in tensor.shape.dim]
    if spec["shape"] == [-1] and sizes[1:] == [2]:
        # The score of the second of two classes.
        steps.append(("Gather", np.array(1, np.int64), {"axis": 1}))
    elif sizes and len(sizes) != len(spec["shape"]):
        # A size of 0 is that of the input.
        steps.append(("Reshape", np.array([0 if axis == 0 else size for axis, size in enumerate(spec["shape"])], np.int64), {}))
    if tensor.elem_type != TYPES[spec["datatype"]]:
        steps.append(("Cast", None, {"to": TYPES[spec["datatype"]]}))
    return steps


def _nodes(steps, source, target):
    """Returns nodes that run the steps from the value `source` to the value `target`."""
    nodes = []
    for place, (kind, constant, attributes) in enumerate(steps):
        result = target if place == len(steps) - 1 else f"{target}__{place}"
        inputs = [source]
        if constant is not None:
            inputs.append(f"{result}__{kind}")
            nodes.append(helper.make_node("Constant", [], [inputs[1]], value=numpy_helper.from_array(constant)))
        nodes.append(helper.make_node(kind, inputs, [result], **attributes))
        source = result
    return nodes


def _value(spec):
    sizes = [size if size != -1 else f"{spec['name']}_{axis}" for axis, size in enumerate(spec["shape"])]
    return helper.make_tensor_value_info(spec["name"], TYPES[spec["datatype"]], None if spec.get("unknownRank") else sizes)


def _graphs(graph):
    """Yields a graph and those within its operators, such as the branches of `If`."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
                yield from _graphs(inner)


def _names_in(graph):
    return {
        name
        for each in _graphs(graph)
        for name in [*(value for node in each.node for value in [*node.input, *node.output]), *(i.name for i in each.initializer)]
    }


def _rename(graph, names):
    for each in _graphs(graph):
        for node in each.node:
            for values in (node.input, node.output):
                values[:] = [names.get(name, name) for name in values]
        for value in [*each.initializer, *each.input, *each.output]:
            value.name = names.get(value.name, value.name)
