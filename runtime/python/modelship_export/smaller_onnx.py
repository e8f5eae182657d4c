"""Makes ONNX models smaller or faster, by the tools of ONNX Runtime and onnxslim."""

from pathlib import Path

import numpy as np
import onnx

from modelship_worker.tensors import DTYPES

# Operators whose weights ONNX Runtime runs as 8-bit integers on every processor. Convolutions are slower with ranges that are
# computed in each run, and take 8 bits with ranges from samples only.
DYNAMIC = ["Attention", "EmbedLayerNormalization", "Gather", "GRU", "LSTM", "MatMul", "QAttention"]

# Operators of quantized models.
QUANTIZED = ("Integer", "QLinear", "QuantizeLinear", "DynamicQuantize")


def convert(request: dict) -> None:
    """Converts the ONNX model `path` as `convert` says, and writes `model.onnx` into `out`."""
    CONVERSIONS[request["convert"]](request["path"], str(Path(request["out"], "model.onnx")), request)


def _int8(source, target, _request):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, target, op_types_to_quantize=DYNAMIC, weight_type=QuantType.QInt8)
    _refuse_unchanged(target)


def _int8_static(source, target, request):
    from onnxruntime.quantization import CalibrationDataReader, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Samples(CalibrationDataReader):
        """Requests of the package, which show the ranges of the values within the model."""

        def __init__(self):
            self._left = iter(request["calibration"])

        def get_next(self):
            each = next(self._left, None)
            return each and {name: np.array(value["data"], DTYPES[value["datatype"]]).reshape(value["shape"]) for name, value in each.items()}

    prepared = f"{target}.prepared"
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
    quantize_static(prepared, target, Samples(), per_channel=True)
    Path(prepared).unlink()
    _refuse_unchanged(target)


def _refuse_unchanged(path):
    nodes = onnx.load(path, load_external_data=False).graph.node
    if not any(part in node.op_type for node in nodes for part in QUANTIZED):
        raise ValueError("it has no operators that run with 8-bit integers")


def _fp16(source, target, _request):
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(source), keep_io_types=True), target)


def _graph(source, target, _request):
    import onnxruntime
    import onnxslim

    slim = f"{target}.slim"
    onnx.save(onnxslim.slim(source), slim)
    options = onnxruntime.SessionOptions()
    # Further levels depend on the processor.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = target
    options.log_severity_level = 3
    onnxruntime.InferenceSession(slim, options, providers=["CPUExecutionProvider"])
    Path(slim).unlink()


CONVERSIONS = {"fp16": _fp16, "graph": _graph, "int8": _int8, "int8-static": _int8_static}
