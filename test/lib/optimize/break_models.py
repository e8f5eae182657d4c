"""Writes an ONNX classifier, and models that a faulty converter might make of it: python break_models.py FOLDER"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = Path(sys.argv[1])
random = np.random.default_rng(0)
WEIGHTS = {
    "hidden": random.normal(size=(4, 4)).astype("f4"),
    "hidden_bias": random.normal(size=4).astype("f4"),
    "classes": random.normal(size=(4, 3)).astype("f4"),
    "classes_bias": random.normal(size=3).astype("f4"),
}
NODES = [
    ("MatMul", ["features", "hidden"], "a", {}),
    ("Add", ["a", "hidden_bias"], "b", {}),
    ("Relu", ["b"], "c", {}),
    ("MatMul", ["c", "classes"], "d", {}),
    ("Add", ["d", "classes_bias"], "e", {}),
    ("Softmax", ["e"], "scores", {"axis": 1}),
    ("ArgMax", ["scores"], "label", {"axis": 1, "keepdims": 0}),
]


def model(nodes=NODES, rows="rows", input_type=TensorProto.FLOAT, outputs=("label", "scores"), opset="", **weights):
    specs = {
        "label": helper.make_tensor_value_info("label", TensorProto.INT64, [rows]),
        "scores": helper.make_tensor_value_info("scores", TensorProto.FLOAT, [rows, 3]),
        "other": helper.make_tensor_value_info("other", TensorProto.FLOAT, [rows, 3]),
    }
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [output], **attributes) for kind, inputs, output, attributes in nodes],
        "classifier",
        [helper.make_tensor_value_info("features", input_type, [rows, 4])],
        [specs[name] for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in (WEIGHTS | weights).items()],
    )
    imports = [helper.make_opsetid("", 18), *([helper.make_opsetid(opset, 1)] if opset else [])]
    return helper.make_model(graph, opset_imports=imports, ir_version=10).SerializeToString()


def with_node(place, *node):
    return [*NODES[:place], node, *NODES[place + 1 :]]


def before(*nodes):
    """Returns the nodes with others that change the features."""
    return [*nodes, ("MatMul", ["changed", "hidden"], "a", {}), *NODES[1:]]


def changed(name, change):
    value = WEIGHTS[name].copy()
    change(value)
    return {name: value}


def put(place, number):
    def change(value):
        value[place] = number

    return change


MODELS = {
    "right": model(),
    "right with other operators": model(
        nodes=[("Gemm", ["features", "hidden", "hidden_bias"], "b", {}), NODES[2], ("Gemm", ["c", "classes", "classes_bias"], "e", {}), *NODES[5:]]
    ),
    "weights 1 % larger": model(hidden=WEIGHTS["hidden"] * np.float32(1.01)),
    "weights rounded to 16 bits": model(**{name: value.astype("f2").astype("f4") for name, value in WEIGHTS.items()}),
    "weights transposed": model(hidden=WEIGHTS["hidden"].T.copy()),
    "bias dropped": model(hidden_bias=np.zeros(4, "f4")),
    "activation dropped": model(nodes=with_node(2, "Identity", ["b"], "c", {})),
    "another activation": model(nodes=with_node(2, "LeakyRelu", ["b"], "c", {})),
    "classes in another order": model(classes=WEIGHTS["classes"][:, ::-1].copy(), classes_bias=WEIGHTS["classes_bias"][::-1].copy()),
    "features in another order": model(hidden=WEIGHTS["hidden"][::-1].copy()),
    "class of the smallest score": model(nodes=with_node(6, "ArgMin", ["scores"], "label", {"axis": 1, "keepdims": 0})),
    "scores without softmax": model(nodes=with_node(5, "Identity", ["e"], "scores", {})),
    "softmax over the rows of a request": model(nodes=with_node(5, "Softmax", ["e"], "scores", {"axis": 0})),
    "a weight that is not a number": model(**changed("classes", put((0, 0), np.nan))),
    "an infinite weight": model(**changed("classes", put((0, 0), np.inf))),
    "one wrong weight": model(**changed("hidden", put((1, 2), 0))),
    "features scaled twice": model(nodes=before(("Add", ["features", "features"], "changed", {}))),
    "negative features mirrored": model(nodes=before(("Abs", ["features"], "changed", {}))),
    "large features cut off": model(nodes=before(("Clip", ["features", "", "limit"], "changed", {})), limit=np.array(2.5, "f4")),
    "rows mixed": model(
        nodes=before(("ReduceMean", ["features", "axes"], "mean", {}), ("Sub", ["features", "mean"], "changed", {})),
        axes=np.array([0]),
    ),
    "one row in a request": model(rows=1),
    "another datatype": model(nodes=before(("Cast", ["features"], "changed", {"to": 1})), input_type=TensorProto.DOUBLE),
    "an output missing": model(outputs=("scores",)),
    "an output renamed": model(nodes=[*NODES, ("Identity", ["scores"], "other", {})], outputs=("label", "other")),
    "an unknown operator": model(nodes=with_node(2, "Unheard", ["b"], "c", {"domain": "nowhere"}), opset="nowhere"),
    "another number of features": model(hidden=random.normal(size=(5, 4)).astype("f4")),
    "no ONNX": b"not a model",
    "an empty file": b"",
    "half a file": model()[:200],
}
for name, content in MODELS.items():
    (folder / f"{name}.onnx").write_bytes(content)
# A model that takes the numbers from 0 to 2 only.
picky = helper.make_graph(
    [helper.make_node("Cast", ["place"], ["index"], to=TensorProto.INT64), helper.make_node("Gather", ["table", "index"], ["found"])],
    "picky",
    [helper.make_tensor_value_info("place", TensorProto.FLOAT, ["rows", 1])],
    [helper.make_tensor_value_info("found", TensorProto.FLOAT, ["rows", 1])],
    [numpy_helper.from_array(np.arange(3, dtype="f4"), "table")],
)
(folder / "picky.model").write_bytes(
    helper.make_model(picky, opset_imports=[helper.make_opsetid("", 18)], ir_version=10).SerializeToString()
)
# The last row alone has a large feature, and the samples have neither large nor negative ones.
rows = np.abs(random.normal(size=(40, 4))).clip(0.1, 2).astype("f4")
(folder / "samples.json").write_text(f'{{"instances": {rows[:3].tolist()}}}')
rows[20:39] *= random.choice([-1, 1], size=(19, 4))
rows[39, 0] = 9
hidden = np.maximum(rows @ WEIGHTS["hidden"] + WEIGHTS["hidden_bias"], 0)
labels = (hidden @ WEIGHTS["classes"] + WEIGHTS["classes_bias"]).argmax(1)
lines = [",".join(map(str, row)) for row in rows.tolist()]
(folder / "rows.csv").write_text("\n".join(["a,b,c,d", *lines]) + "\n")
labelled = [f"{line},{label}" for line, label in zip(lines, labels)]
(folder / "labelled.csv").write_text("\n".join(["a,b,c,d,y", *labelled]) + "\n")
