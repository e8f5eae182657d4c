"""Writes, into the folder given, ONNX models with uncommon graphs: weights outside the file, classifiers that end in
ZipMaps, and tensors without a shape."""

import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = pathlib.Path(sys.argv[1])
FLOAT = TensorProto.FLOAT
value = helper.make_tensor_value_info
STANDARD = helper.make_opsetid("", 17)
CLASSIC = helper.make_opsetid("ai.onnx.ml", 3)


def save(name, nodes, inputs, outputs, initializers=(), opsets=(STANDARD,), functions=(), external=False):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(graph, opset_imports=list(opsets), ir_version=8, functions=list(functions))
    options = {"save_as_external_data": True, "location": f"{name}.data", "size_threshold": 0, "convert_attribute": True}
    onnx.save_model(model, folder / f"{name}.onnx", **(options if external else {}))


# Weights outside the file.
weights = numpy_helper.from_array(np.eye(4, dtype=np.float32), "weights")
constant = helper.make_node("Constant", [], ["w"], value=weights)
multiply = helper.make_node("MatMul", ["x", "w"], ["y"])
x, y = value("x", FLOAT, ["N", 4]), value("y", FLOAT, ["N", 4])
save("constant", [constant, multiply], [x], [y], external=True)


def branch(name):
    return helper.make_graph([constant, helper.make_node("MatMul", ["x", "w"], [name])], name, [], [value(name, FLOAT, ["N", 4])])


condition = helper.make_node("If", ["c"], ["y"], then_branch=branch("then"), else_branch=branch("else"))
save("subgraph", [condition], [x, value("c", TensorProto.BOOL, [])], [y], external=True)

product = helper.make_function("local", "Product", ["x"], ["y"], [constant, multiply], [STANDARD])
call = helper.make_node("Product", ["x"], ["y"], domain="local")
# The library moves the weights of graphs out of the file, and here a function takes over the node of one.
save("function", [call], [x], [y], opsets=[STANDARD, helper.make_opsetid("local", 1)], functions=[product])
moved = onnx.load(folder / "constant.onnx", load_external_data=False).graph.node[0]
called = onnx.load(folder / "function.onnx")
called.functions[0].node[0].CopyFrom(moved)
onnx.save(called, folder / "function.onnx")

# Classifiers that end in ZipMaps.
CLASSES = [0, 1, 2]
maps = helper.make_sequence_type_proto(
    helper.make_map_type_proto(TensorProto.INT64, helper.make_tensor_type_proto(FLOAT, []))
)
features = value("x", FLOAT, ["N", 2])
label = value("label", TensorProto.INT64, ["N"])
scores = value("p", FLOAT, ["N", 3])
classifier = helper.make_node(
    "LinearClassifier",
    ["x"],
    ["label", "p"],
    domain="ai.onnx.ml",
    coefficients=[1.0, -1.0, 0.5, 0.0, 1.0, -0.5],
    intercepts=[0.0] * 3,
    post_transform="SOFTMAX",
    classlabels_ints=CLASSES,
)


def zip_map(source, output):
    return helper.make_node("ZipMap", [source], [output], domain="ai.onnx.ml", classlabels_int64s=CLASSES)


def probability(name):
    return helper.make_value_info(name, maps)


both = [STANDARD, CLASSIC]
save("scores", [classifier, zip_map("p", "a")], [features], [label, probability("a"), scores], opsets=both)
twice = [classifier, zip_map("p", "a"), zip_map("p", "b")]
save("twice", twice, [features], [label, probability("a"), probability("b")], opsets=both)
save("alone", [classifier, zip_map("p", "a")], [features], [label, probability("a")], opsets=[CLASSIC])
projection = helper.make_node("MatMul", ["wide", "w2"], ["x"])
narrow = numpy_helper.from_array(np.eye(4, 2, dtype=np.float32), "w2")
outside = [projection, classifier, zip_map("p", "a")]
save("outside", outside, [value("wide", FLOAT, ["N", 4])], [label, probability("a")], [narrow], opsets=both, external=True)

# Tensors without a shape.
absolute = helper.make_node("Abs", ["x"], ["y"])
save("shapeless", [absolute], [value("x", FLOAT, None)], [value("y", FLOAT, None)])
save("scalar", [absolute], [value("x", FLOAT, [])], [value("y", FLOAT, [])])
save("shapeless_output", [helper.make_node("NonZero", ["x"], ["y"])], [x], [value("y", TensorProto.INT64, None)])
