"""Writes, into the folder given, ONNX models that keep weights in files beside them, as large ones do: initializers in
`big.onnx`, and in `nested.onnx` a constant, the initializer and the constant of a branch, and a constant of a function,
each in a file of its own."""

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, external_data_helper, helper, numpy_helper

folder = sys.argv[1]
weights = numpy_helper.from_array(np.arange(1024, dtype=np.float32).reshape(4, 256), "weights")
graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "weights"], ["y"])],
    "external",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 256])],
    [weights],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
onnx.save_model(model, f"{folder}/big.onnx", save_as_external_data=True, location="big.onnx.data", size_threshold=0)


def stored(name):
    """Returns four ones as a tensor whose bytes are in the file of its name."""
    tensor = numpy_helper.from_array(np.ones(4, np.float32), name)
    with open(os.path.join(folder, f"{name}.bin"), "wb") as file:
        file.write(tensor.raw_data)
    external_data_helper.set_external_data(tensor, f"{name}.bin")
    tensor.ClearField("raw_data")
    return tensor


value = helper.make_tensor_value_info
branch = helper.make_graph(
    [
        helper.make_node("Constant", [], ["e"], value=stored("branch_constant")),
        helper.make_node("Add", ["e", "branch_initializer"], ["sum"]),
    ],
    "branch",
    [],
    [value("sum", TensorProto.FLOAT, [4])],
    [stored("branch_initializer")],
)
function = helper.make_function(
    "local",
    "Shift",
    ["a"],
    ["b"],
    [
        helper.make_node("Constant", [], ["d"], value=stored("function_constant")),
        helper.make_node("Add", ["a", "d"], ["b"]),
    ],
    [helper.make_opsetid("", 18)],
)
nested = helper.make_graph(
    [
        helper.make_node("Constant", [], ["c"], value=stored("constant")),
        helper.make_node("Constant", [], ["yes"], value=helper.make_tensor("t", TensorProto.BOOL, [], [True])),
        helper.make_node("If", ["yes"], ["chosen"], then_branch=branch, else_branch=branch),
        helper.make_node("Add", ["x", "c"], ["first"]),
        helper.make_node("Add", ["first", "chosen"], ["second"]),
        helper.make_node("Shift", ["second"], ["y"], domain="local"),
    ],
    "nested",
    [value("x", TensorProto.FLOAT, ["batch", 4])],
    [value("y", TensorProto.FLOAT, ["batch", 4])],
)
imports = [helper.make_opsetid("", 18), helper.make_opsetid("local", 1)]
with open(f"{folder}/nested.onnx", "wb") as file:
    file.write(helper.make_model(nested, opset_imports=imports, ir_version=9, functions=[function]).SerializeToString())
