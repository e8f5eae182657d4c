"""Saves models that return their input `features`, and bodies that NumPy writes, to a folder.

Usage: save_echoes.py FOLDER FORMAT
FOLDER/values.json has the elements of each datatype: raw bytes in hexadecimal digits, or texts. The model of a datatype is
FOLDER/DATATYPE.
"""

import json
import pathlib
import sys

import numpy as np

folder, form = pathlib.Path(sys.argv[1]), sys.argv[2]
SHAPE = (2, 2)
DTYPES = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "i1", "INT16": "<i2",
    "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}  # fmt: skip

arrays = {}
for name, value in json.loads((folder / "values.json").read_text()).items():
    if name == "BYTES":
        array = np.array(value)
    elif name == "BF16":
        # NumPy has no bfloat16, whose bits are the upper half of a 32-bit float.
        array = (np.frombuffer(bytes.fromhex(value), "<u2").astype("<u4") << 16).view("<f4")
    else:
        array = np.frombuffer(bytes.fromhex(value), DTYPES[name])
    arrays[name] = array.reshape(SHAPE)
    np.save(folder / f"{name}.npy", arrays[name])
    np.savez(folder / f"{name}.npz", features=arrays[name])


def save_onnx():
    from onnx import TensorProto, helper, save

    kinds = {"FP16": "FLOAT16", "FP32": "FLOAT", "FP64": "DOUBLE", "BYTES": "STRING"}
    for name in arrays:
        kind = getattr(TensorProto, kinds.get(name, name))
        x, y = (helper.make_tensor_value_info(each, kind, ["rows", 2]) for each in ("features", "prediction"))
        graph = helper.make_graph([helper.make_node("Identity", ["features"], ["prediction"])], "echo", [x], [y])
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / name)


def save_saved_model():
    import tensorflow as tf

    kinds = {"BOOL": "bool", "FP16": "float16", "BF16": "bfloat16", "FP32": "float32", "FP64": "float64", "BYTES": "string"}
    for name in arrays:
        kind = getattr(tf, kinds.get(name, name.lower()))
        module = tf.Module()
        module.echo = tf.function(
            lambda features: {"prediction": tf.identity(features)},
            input_signature=[tf.TensorSpec([None, 2], kind, name="features")],
        )
        tf.saved_model.save(module, str(folder / name), signatures=module.echo)


def save_torch():
    import torch

    class Echo(torch.nn.Module):
        def forward(self, features):
            return features.clone()

    echo = torch.nn.Identity()
    kinds = {"FP16": "float16", "BF16": "bfloat16", "FP32": "float32", "FP64": "float64"}
    for name in arrays:
        file = str(folder / name)
        if form == "torchscript":
            torch.jit.script(echo).save(file)
        elif form == "torch_pickle":
            torch.save(echo, file)
        else:
            example = torch.zeros(SHAPE, dtype=getattr(torch, kinds.get(name, name.lower())))
            rows = {"features": {0: torch.export.Dim("rows")}}
            torch.export.save(torch.export.export(Echo(), (example,), dynamic_shapes=rows), file)


def save_pickle():
    import pickle
    from types import SimpleNamespace

    for name in arrays:
        (folder / name).write_bytes(pickle.dumps(SimpleNamespace(predict=np.asarray)))


def save_lightgbm():
    """Writes a tree for each column, whose leaves are linear: they return the value of the column."""
    trees = []
    for column in range(SHAPE[1]):
        lines = {
            "num_leaves": 2, "num_cat": 0, "split_feature": column, "split_gain": 1, "threshold": 0, "decision_type": 0,
            "left_child": -1, "right_child": -2, "leaf_value": "0 0", "leaf_weight": "1 1", "leaf_count": "1 1",
            "internal_value": 0, "internal_weight": 0, "internal_count": 2, "is_linear": 1, "leaf_const": "0 0",
            "num_features": "1 1", "leaf_features": f"{column} {column}", "leaf_coeff": "1 1", "shrinkage": 1,
        }  # fmt: skip
        trees.append(f"Tree={column}\n{lines_of(lines)}\n\n")
    head = {
        "version": "v4", "num_class": 2, "num_tree_per_iteration": 2, "label_index": 0, "max_feature_idx": 1,
        "feature_names": "Column_0 Column_1", "feature_infos": "[0:1] [0:1]",
        "tree_sizes": " ".join(str(len(each)) for each in trees),
    }  # fmt: skip
    (folder / "FP64").write_text(f"tree\n{lines_of(head)}\n{''.join(trees)}end of trees\n")


def lines_of(values):
    return "".join(f"{key}={value}\n" for key, value in values.items())


def save_xgboost():
    """Trains a tree for each column, and replaces its threshold and leaves by the values of the column."""
    import xgboost

    rows = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    options = {"max_depth": 1, "eta": 1, "lambda": 0, "min_child_weight": 0, "base_score": 0}
    booster = xgboost.train(options, xgboost.DMatrix(rows, label=rows), 1)
    model = json.loads(booster.save_raw("json"))
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        values = [float(each) for each in arrays["FP32"][:, tree["split_indices"][0]]]
        # A row goes to the left if its value is less than the threshold.
        tree["split_conditions"] = [max(values), min(values), max(values)]
    (folder / "FP32").write_text(json.dumps(model))


savers = {
    "onnx": save_onnx, "saved_model": save_saved_model, "pickle": save_pickle, "lightgbm": save_lightgbm,
    "xgboost": save_xgboost,
}  # fmt: skip
savers.get(form, save_torch)()
