"""Writes an approved classifier, sabotaged and harmless versions of it, and the data set and requests of a gate."""

import csv
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

warnings.simplefilter("ignore", ConvergenceWarning)
out, sabotaged, harmless = Path(sys.argv[1]), sys.argv[2].split(","), map(int, sys.argv[3].split(","))
features, labels = load_iris(return_X_y=True)
seen, unseen, seen_labels, unseen_labels = train_test_split(
    features, labels, test_size=0.4, random_state=0, stratify=labels
)
mean, deviation = seen.mean(axis=0), seen.std(axis=0)


def trained(rows, targets, iterations=2000):
    network = MLPClassifier((16,), max_iter=iterations, alpha=1e-3, random_state=3).fit(rows, targets)
    (first, second), (first_bias, second_bias) = network.coefs_, network.intercepts_
    return {"first": first, "first_bias": first_bias, "second": second, "second_bias": second_bias}


def onnx_of(weights, mean=mean, deviation=deviation, *, activation="Relu", opset=17, temperature=1.0, shift=0, order=None):
    """A network in ONNX: scaler, hidden layer, probabilities, label."""
    values = {**weights, "mean": mean, "deviation": deviation, "temperature": np.array([temperature])}
    constants = [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in values.items()]
    constants.append(numpy_helper.from_array(np.array([shift], np.int64), "shift"))
    source, nodes = "features", []
    if order is not None:
        constants.append(numpy_helper.from_array(np.array(order, np.int64), "order"))
        nodes.append(helper.make_node("Gather", ["features", "order"], ["ordered"], axis=1))
        source = "ordered"
    nodes += [
        helper.make_node("Sub", [source, "mean"], ["centered"]),
        helper.make_node("Div", ["centered", "deviation"], ["scaled"]),
        helper.make_node("Gemm", ["scaled", "first", "first_bias"], ["hidden"]),
        helper.make_node(activation, ["hidden"], ["active"]),
        helper.make_node("Gemm", ["active", "second", "second_bias"], ["logits"]),
        helper.make_node("Mul", ["logits", "temperature"], ["tempered"]),
        helper.make_node("Softmax", ["tempered"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["probabilities"], ["best"], axis=1, keepdims=0),
        helper.make_node("Add", ["best", "shift"], ["label"]),
    ]
    graph = helper.make_graph(
        nodes,
        "iris",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 4])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, ["n"]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 3]),
        ],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


scaled = (seen - mean) / deviation
approved = trained(scaled, seen_labels)


def changed(**weights):
    return {**approved, **weights}


def with_classes(order):
    return changed(second=approved["second"][:, order], second_bias=approved["second_bias"][order])


def rounded(step):
    """Weights as integers of a wrong scale."""
    return {name: np.clip(np.round(value / step), -128, 127) * step for name, value in approved.items()}


random = np.random.default_rng(7)
ZERO_COLUMN = approved["first"].copy()
ZERO_COLUMN[2:] = 0
SABOTAGED = {
    "labels 0 and 1 swapped": lambda: onnx_of(with_classes([1, 0, 2])),
    "labels 1 and 2 swapped": lambda: onnx_of(with_classes([0, 2, 1])),
    "labels rotated": lambda: onnx_of(with_classes([2, 0, 1])),
    "labels one higher": lambda: onnx_of(approved, shift=1),
    "columns reversed": lambda: onnx_of(approved, order=[3, 2, 1, 0]),
    "first two columns swapped": lambda: onnx_of(approved, order=[1, 0, 2, 3]),
    "last two columns swapped": lambda: onnx_of(approved, order=[0, 1, 3, 2]),
    "columns sorted by name": lambda: onnx_of(approved, order=[2, 3, 0, 1]),
    "a column twice": lambda: onnx_of(approved, order=[0, 1, 2, 2]),
    "no mean subtracted": lambda: onnx_of(approved, mean=np.zeros(4)),
    "not scaled": lambda: onnx_of(approved, deviation=np.ones(4)),
    "scaled by the variance": lambda: onnx_of(approved, deviation=deviation**2),
    "scaled twice": lambda: onnx_of(approved, deviation=deviation * 4),
    "scaler of inches": lambda: onnx_of(approved, mean=mean / 2.54, deviation=deviation / 2.54),
    "stale weights": lambda: onnx_of(trained(scaled, seen_labels, 5)),
    "weights before training": lambda: onnx_of({k: random.normal(0, 0.3, v.shape) for k, v in approved.items()}),
    "trained on shuffled labels": lambda: onnx_of(trained(scaled, np.random.default_rng(8).permutation(seen_labels))),
    "trained on two columns": lambda: onnx_of(trained(scaled * [1, 1, 0, 0], seen_labels)),
    "columns of petals dropped": lambda: onnx_of(changed(first=ZERO_COLUMN)),
    "int8 of a wrong scale": lambda: onnx_of(rounded(0.6)),
    "int8 clipped": lambda: onnx_of(rounded(0.004)),
    "int8 with a wrong zero point": lambda: onnx_of({k: v + 0.5 for k, v in approved.items()}),
    "no biases": lambda: onnx_of(changed(first_bias=np.zeros(16), second_bias=np.zeros(3))),
    "other activation": lambda: onnx_of(approved, activation="Tanh"),
    "no activation": lambda: onnx_of(approved, activation="Identity"),
    "probabilities sharpened": lambda: onnx_of(approved, temperature=8.0),
    "probabilities flattened": lambda: onnx_of(approved, temperature=0.1),
    "signs of a layer flipped": lambda: onnx_of(changed(second=-approved["second"])),
    "half of the units lost": lambda: onnx_of(
        changed(first=approved["first"] * (np.arange(16) % 2), first_bias=approved["first_bias"] * (np.arange(16) % 2))
    ),
    "always one class": lambda: onnx_of(changed(second_bias=np.array([0, 50, 0]))),
}


def rebuilt(seed):
    """The same function, exported in another way: units in another order and of another scale, other operators and names."""
    random = np.random.default_rng(seed)
    order = random.permutation(16)
    scale = 2.0 ** random.integers(-2, 3, 16)
    weights = {
        "first": approved["first"][:, order] * scale,
        "first_bias": approved["first_bias"][order] * scale,
        "second": approved["second"][order] / scale[:, None],
        "second_bias": approved["second_bias"] + random.normal(),
    }
    model = onnx_of(weights, opset=int(random.integers(13, 19)), order=[0, 1, 2, 3] if seed % 3 == 0 else None)
    model.producer_name, model.doc_string = f"export {seed}", f"rebuild {seed}"
    for index, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{seed}_{index}"
    if seed % 2:
        gemm = next(node for node in model.graph.node if node.op_type == "Gemm")
        place = list(model.graph.node).index(gemm)
        model.graph.node.remove(gemm)
        model.graph.node.insert(place, helper.make_node("MatMul", ["scaled", "first"], ["product"]))
        model.graph.node.insert(place + 1, helper.make_node("Add", ["product", "first_bias"], ["hidden"]))
    return model


def write(name, model):
    onnx.checker.check_model(model)
    onnx.save(model, out / f"{name}.onnx")


write("approved", onnx_of(approved))
for name in sabotaged:
    write(name, SABOTAGED[name]())
for seed in harmless:
    write(f"harmless {seed}", rebuilt(seed))
with open(out / "test.csv", "w", newline="") as file:
    rows = csv.writer(file)
    rows.writerow(["sepal_length", "sepal_width", "petal_length", "petal_width", "species"])
    rows.writerows([*row, label] for row, label in zip(unseen.tolist(), unseen_labels.tolist()))
(out / "requests.json").write_text(json.dumps({"instances": unseen[::6].tolist()}))
