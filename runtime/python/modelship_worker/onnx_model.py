"""ONNX models that a handler uses. The server runs those without a handler itself."""

import onnxruntime

DATATYPES = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "float16": "FP16",
    "float": "FP32",
    "double": "FP64",
    "string": "BYTES",
}


def load(path, threads, declared):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return OnnxModel(onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]), declared)


class OnnxModel:
    modules = ("onnxruntime", "numpy")

    def __init__(self, session, declared):
        self._session = session
        inputs, outputs = (
            [_spec(each) for each in values] for values in (session.get_inputs(), session.get_outputs())
        )
        # The package may label its outputs.
        self.signatures = {"serving_default": {"inputs": inputs, "outputs": declared.get("outputs") or outputs}}

    def run(self, _signature, arrays):
        specs = self.signatures["serving_default"]["inputs"]
        return self._session.run(None, {spec["name"]: array for spec, array in zip(specs, arrays)})


def _spec(value):
    datatype = DATATYPES[value.type.removeprefix("tensor(").removesuffix(")")]
    return {"name": value.name, "datatype": datatype, "shape": [size if isinstance(size, int) else -1 for size in value.shape]}
