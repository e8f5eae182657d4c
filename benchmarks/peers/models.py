"""Writes the models that the benchmarks serve to the folder given, each with a sample:

mlp.onnx, mlp.pt, mlp_saved_model/    two hidden layers of 1024, with the same weights
iris.pkl                              a logistic regression of scikit-learn
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import joblib
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SIZES = [256, 1024, 1024, 10]


def layers():
    random = np.random.default_rng(7)
    for inputs, outputs in zip(SIZES, SIZES[1:]):
        yield random.normal(0, (2 / inputs) ** 0.5, (inputs, outputs)).astype(np.float32), np.zeros(outputs, np.float32)


def to_onnx(weights):
    nodes, constants, value = [], [], "features"
    for index, (kernel, bias) in enumerate(weights):
        constants += [numpy_helper.from_array(kernel, f"kernel{index}"), numpy_helper.from_array(bias, f"bias{index}")]
        nodes.append(helper.make_node("Gemm", [value, f"kernel{index}", f"bias{index}"], [f"sum{index}"]))
        last = index == len(weights) - 1
        value = "probabilities" if last else f"relu{index}"
        nodes.append(helper.make_node("Softmax" if last else "Relu", [f"sum{index}"], [value]))
    graph = helper.make_graph(
        nodes,
        "mlp",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", SIZES[0]])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", SIZES[-1]])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def save_with_torch(weights, path):
    import torch

    modules = []
    for kernel, bias in weights:
        linear = torch.nn.Linear(*kernel.shape)
        linear.weight.data, linear.bias.data = torch.from_numpy(kernel.T.copy()), torch.from_numpy(bias)
        modules += [linear, torch.nn.ReLU()]
    network = torch.nn.Sequential(*modules[:-1], torch.nn.Softmax(dim=1)).eval()
    torch.jit.trace(network, torch.zeros(2, SIZES[0])).save(path)


def save_with_tensorflow(weights, path):
    import tensorflow as tf

    class Network(tf.Module):
        def __init__(self):
            super().__init__()
            self.weights = [(tf.Variable(kernel), tf.Variable(bias)) for kernel, bias in weights]

        @tf.function(input_signature=[tf.TensorSpec([None, SIZES[0]], tf.float32, "features")])
        def serve(self, features):
            *hidden, (kernel, bias) = self.weights
            for hidden_kernel, hidden_bias in hidden:
                features = tf.nn.relu(features @ hidden_kernel + hidden_bias)
            return {"probabilities": tf.nn.softmax(features @ kernel + bias)}

    network = Network()
    tf.saved_model.save(network, str(path), signatures=network.serve)


def main():
    folder = Path(sys.argv[1])
    weights = list(layers())
    onnx.save(to_onnx(weights), folder / "mlp.onnx")
    # One process per framework: PyTorch built for CUDA, as PyPI has it, and TensorFlow crash in the same process.
    with ProcessPoolExecutor(max_workers=1, max_tasks_per_child=1) as process:
        process.submit(save_with_torch, weights, folder / "mlp.pt").result()
        process.submit(save_with_tensorflow, weights, folder / "mlp_saved_model").result()
    row = np.random.default_rng(8).normal(0, 1, SIZES[0]).round(4).tolist()
    (folder / "mlp.json").write_text(json.dumps({"instances": [row]}))

    data = load_iris()
    joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(data.data, data.target), folder / "iris.pkl")
    (folder / "iris.json").write_text(json.dumps({"instances": [[5.1, 3.5, 1.4, 0.2]]}))


if __name__ == "__main__":
    main()
