"""Writes a small embedding model, and prints its vectors of token ids: python embedding_model.py MODEL_ONNX IDS_JSON"""

import json
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH = 4
path, texts = sys.argv[1], json.loads(sys.argv[2])
table = np.random.default_rng(18).normal(size=(16, WIDTH)).astype(np.float32)


def info(name: str, datatype: int, shape: list[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, datatype, shape)


# Each token's vector depends on all tokens that the mask leaves, as in a transformer.
nodes = [
    helper.make_node("Gather", ["table", "input_ids"], ["tokens"]),
    helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
    helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
    helper.make_node("Mul", ["tokens", "column"], ["kept"]),
    helper.make_node("ReduceSum", ["kept", "second"], ["context"], keepdims=1),
    helper.make_node("Add", ["tokens", "context"], ["last_hidden_state"]),
]
graph = helper.make_graph(
    nodes,
    "embedding",
    [info("input_ids", TensorProto.INT64, ["batch", "tokens"]), info("attention_mask", TensorProto.INT64, ["batch", "tokens"])],
    [info("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", WIDTH])],
    [
        numpy_helper.from_array(table, "table"),
        numpy_helper.from_array(np.array([2]), "last"),
        numpy_helper.from_array(np.array([1]), "second"),
    ],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
onnx.checker.check_model(model)
onnx.save(model, path)

vectors = []
for ids in texts:
    hidden = table[ids] + table[ids].sum(axis=0)
    mean = hidden.mean(axis=0)
    vectors.append((mean / np.linalg.norm(mean)).tolist())
print(json.dumps(vectors))
