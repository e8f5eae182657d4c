"""Writes, into the folder given, an ONNX model that keeps its weights in a file beside it, as large ones do."""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

weights = numpy_helper.from_array(np.arange(1024, dtype=np.float32).reshape(4, 256), "weights")
graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "weights"], ["y"])],
    "external",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 256])],
    [weights],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
onnx.save_model(
    model, f"{sys.argv[1]}/big.onnx", save_as_external_data=True, location="big.onnx.data", size_threshold=0
)
