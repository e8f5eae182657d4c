"""TensorFlow SavedModels of TF1 and TF2, with all their signatures."""

import os
import sys

# TensorFlow reads the variable on import. It suppresses messages about processor features.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tensorflow as tf

# Users cannot act on warnings about deprecated functions that this module calls.
tf.get_logger().setLevel("ERROR")
from tensorflow.core.protobuf import config_pb2

from .errors import CannotServe
from .tensors import datatype_of

DEFAULT_SIGNATURE = "serving_default"
SERVING_TAG = "serve"

# Signature that only initializes the model, which loading has already done.
INIT_SIGNATURE = "__saved_model_init_op"

BFLOAT16 = tf.bfloat16.as_numpy_dtype


def load(path, threads, _declared):
    config = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=1)
    session = tf.compat.v1.Session(graph=tf.Graph(), config=config)
    with session.graph.as_default():
        # The TF2 loader rejects TF1 graphs that TensorFlow Serving accepts. This loader accepts both.
        meta_graph = tf.compat.v1.saved_model.load(session, [SERVING_TAG], path)
    return SavedModel(session, meta_graph.signature_def)


class SavedModel:
    modules = ("numpy", "tensorflow")

    def __init__(self, session, definitions):
        self.signatures = {}
        self._calls = {}
        for key, definition in definitions.items():
            if key == INIT_SIGNATURE:
                continue
            inputs = sorted(definition.inputs.items())
            outputs = sorted(definition.outputs.items())
            try:
                signature = {
                    "inputs": [_input(name, tensor) for name, tensor in inputs],
                    "outputs": [_spec(name, tensor) for name, tensor in outputs],
                    "methodName": definition.method_name,
                }
            except (ValueError, TypeError) as error:
                if key == DEFAULT_SIGNATURE:
                    raise
                # An unsupported signature that clients may never use must not prevent the others from being served.
                sys.stderr.write(f"the signature {key} is not served: {error}\n")
                continue
            self.signatures[key] = signature
            options = config_pb2.CallableOptions(
                feed=[tensor.name for _, tensor in inputs], fetch=[tensor.name for _, tensor in outputs]
            )
            # This private API takes half the time of `Session.run`. TensorFlow's version is pinned, and tests cover the
            # call.
            self._calls[key] = session._make_callable_from_options(options)
        if DEFAULT_SIGNATURE not in self.signatures and len(self.signatures) == 1:
            # Clients that name no signature mean the only one.
            (key,) = self.signatures
            self.signatures[DEFAULT_SIGNATURE] = self.signatures[key]
            self._calls[DEFAULT_SIGNATURE] = self._calls[key]
        if DEFAULT_SIGNATURE not in self.signatures:
            found = ", ".join(self.signatures) or "none"
            raise CannotServe(f"it has no signature {DEFAULT_SIGNATURE}, only {found}; give `signatures=` to save it")

    def run(self, signature, arrays):
        inputs = self.signatures[signature]["inputs"]
        arrays = [
            array.view(BFLOAT16) if spec["datatype"] == "BF16" else array for spec, array in zip(inputs, arrays)
        ]
        try:
            return self._calls[signature](*arrays)
        except tf.errors.InvalidArgumentError as error:
            # The other lines name nodes of the graph.
            raise ValueError(error.message.split("\n")[0]) from None


def _input(name, tensor):
    # TF1 graphs receive serialized examples through placeholders without a shape. A batch of them is a vector.
    if tensor.dtype == tf.string.as_datatype_enum and tensor.tensor_shape.unknown_rank:
        return {"name": name, "datatype": "BYTES", "shape": [-1], "graph": _graph(tensor)}
    return _spec(name, tensor)


def _spec(name, tensor):
    shape = tensor.tensor_shape
    if tensor.WhichOneof("encoding") != "name":
        raise ValueError(f"{name} is not a dense tensor, and only dense tensors can be served")
    datatype = datatype_of(tf.dtypes.as_dtype(tensor.dtype).as_numpy_dtype)
    sizes = [size.size for size in shape.dim]
    spec = {"name": name, "datatype": datatype, "shape": sizes, "graph": _graph(tensor)}
    return {**spec, "unknownRank": True} if shape.unknown_rank else spec


def _graph(tensor):
    name = {"name": tensor.name}
    return {**name, "unknownRank": True} if tensor.tensor_shape.unknown_rank else name
