"""Saves models that return their input, and bodies that NumPy writes, to a folder.

Usage: save_echoes.py FOLDER FORMAT DATATYPE...
FOLDER/values.json has the elements of each datatype: raw bytes in hexadecimal digits, or texts.
"""

import json
import pathlib
import sys

import numpy as np

folder, form, datatypes = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
SHAPE = (2, 2)
DTYPES = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "i1", "INT16": "<i2",
    "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}  # fmt: skip

for name, value in json.loads((folder / "values.json").read_text()).items():
    if name == "BYTES":
        array = np.array(value)
    elif name == "BF16":
        # NumPy has no bfloat16, whose bits are the upper half of a 32-bit float.
        array = (np.frombuffer(bytes.fromhex(value), "<u2").astype("<u4") << 16).view("<f4")
    else:
        array = np.frombuffer(bytes.fromhex(value), DTYPES[name])
    np.save(folder / f"{name}.npy", array.reshape(SHAPE))
    np.savez(folder / f"{name}.npz", x=array.reshape(SHAPE))


def save_onnx():
    from onnx import TensorProto, helper, save

    kinds = {"FP16": "FLOAT16", "FP32": "FLOAT", "FP64": "DOUBLE", "BYTES": "STRING"}
    for name in datatypes:
        kind = getattr(TensorProto, kinds.get(name, name))
        x, y = (helper.make_tensor_value_info(each, kind, ["rows", 2]) for each in ("x", "output"))
        graph = helper.make_graph([helper.make_node("Identity", ["x"], ["output"])], "echo", [x], [y])
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / f"onnx-{name}")


def save_saved_model():
    import tensorflow as tf

    kinds = {"BOOL": "bool", "FP16": "float16", "BF16": "bfloat16", "FP32": "float32", "FP64": "float64", "BYTES": "string"}
    for name in datatypes:
        kind = getattr(tf, kinds.get(name, name.lower()))
        module = tf.Module()
        module.echo = tf.function(
            lambda x: {"output": tf.identity(x)}, input_signature=[tf.TensorSpec([None, 2], kind, name="x")]
        )
        tf.saved_model.save(module, str(folder / f"saved_model-{name}"), signatures=module.echo)


def save_torch():
    import torch

    echo = torch.nn.Identity()
    for name in datatypes:
        file = str(folder / f"{form}-{name}")
        if form == "torchscript":
            torch.jit.script(echo).save(file)
        else:
            torch.save(echo, file)


{"onnx": save_onnx, "saved_model": save_saved_model}.get(form, save_torch)()
