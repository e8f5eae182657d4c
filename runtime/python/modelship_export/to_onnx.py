"""Converts models to ONNX by the converters of their frameworks, for `modelship optimize`."""

import sys
import tempfile
from pathlib import Path

import onnx

from modelship_worker.errors import CannotServe

from .onnx_signature import fit

# Operator sets that the ONNX Runtime of the server runs.
OPSET = 18
ML_OPSET = 3

BATCHES = 2
OTHERS = 64


def convert(request: dict) -> None:
    """Writes the model `path` as `model.onnx` into `out`, with the inputs and outputs of its package."""
    if "code" in request:
        from modelship_worker.package_code import provide

        provide(request["code"])
    inputs, outputs = (request["declared"][kind] for kind in ("inputs", "outputs"))
    converted, chosen = CONVERTERS[request["format"]](request["path"], request["declared"])
    given = converted.graph.input
    if len(given) != len(inputs) or len(chosen) < len(outputs):
        raise ValueError(
            f"the converter wrote {len(given)} inputs and {len(chosen)} outputs, and the model has {len(inputs)} and {len(outputs)}"
        )
    fit(converted, inputs, outputs, chosen)
    onnx.save(converted, Path(request["out"], "model.onnx"))


def _pickle(path, declared):
    from modelship_worker import pickle_model

    return _estimator(pickle_model.load(path, 1, declared), declared)


def _skops(path, declared):
    from modelship_worker import skops_model

    return _estimator(skops_model.load(path, 1, declared), declared)


def _estimator(model, declared):
    """Converts an estimator of scikit-learn, with those of LightGBM and XGBoost in it."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common import data_types

    _register_boosted(model.estimator)
    # Columns of numbers become 32-bit floats, the only numbers that every converter takes.
    kinds = {"BYTES": data_types.StringTensorType, "BOOL": data_types.BooleanTensorType}
    kinds |= dict.fromkeys(["INT8", "INT16", "INT32", "INT64"], data_types.Int64TensorType)
    inputs = [
        (spec["name"], kinds.get(spec["datatype"], data_types.FloatTensorType)([None, *(spec["shape"][1:] or [1])]))
        for spec in declared["inputs"]
    ]
    is_classifier = hasattr(model.estimator, "classes_")
    converted = convert_sklearn(
        model.estimator,
        initial_types=inputs,
        options={id(model.estimator): {"zipmap": False}} if is_classifier else None,
        target_opset={"": OPSET, "ai.onnx.ml": ML_OPSET},
    )
    names = [output.name for output in converted.graph.output]
    # The converters give the class before its scores.
    only_scores = is_classifier and declared["outputs"][0]["name"] != "label"
    return converted, names[1:] if only_scores else names


def _register_boosted(estimator):
    """Tells skl2onnx about the estimators of LightGBM and XGBoost, which are imported only if the model uses them."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common.shape_calculator import (
        calculate_linear_classifier_output_shapes,
        calculate_linear_regressor_output_shapes,
    )

    choices = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    if "lightgbm" in sys.modules:
        import lightgbm
        from onnxmltools.convert.lightgbm.operator_converters.LightGbm import convert_lightgbm as convert

        shapes = calculate_linear_classifier_output_shapes
        update_registered_converter(lightgbm.LGBMClassifier, "LgbmClassifier", shapes, convert, options=choices)
        shapes = calculate_linear_regressor_output_shapes
        update_registered_converter(lightgbm.LGBMRegressor, "LgbmRegressor", shapes, convert)
    if "xgboost" in sys.modules:
        import xgboost
        from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost as convert

        shapes = calculate_linear_classifier_output_shapes
        update_registered_converter(xgboost.XGBClassifier, "XgbClassifier", shapes, convert, options=choices)
        shapes = calculate_linear_regressor_output_shapes
        update_registered_converter(xgboost.XGBRegressor, "XgbRegressor", shapes, convert)


def _lightgbm(path, declared):
    import lightgbm
    from onnxmltools.convert import convert_lightgbm

    booster = lightgbm.Booster(model_file=path)
    if booster.pandas_categorical:
        raise CannotServe("onnxmltools does not convert models of LightGBM with categories of pandas")
    converted = convert_lightgbm(booster, initial_types=_features(declared), zipmap=False)
    return converted, _scores(converted, declared)


def _xgboost(path, declared):
    import xgboost
    from onnxmltools.convert import convert_xgboost

    booster = xgboost.Booster()
    with open(path, "rb") as file:
        booster.load_model(bytearray(file.read()))
    # The converter takes columns by their position, and fails for other names.
    booster.feature_names = None
    best = booster.attributes().get("best_iteration") if "scikit_learn" in booster.attributes() else None
    used = booster if best is None else booster[: int(best) + 1]
    converted = convert_xgboost(used, initial_types=_features(declared))
    return converted, _scores(converted, declared)


def _features(declared):
    from onnxmltools.convert.common.data_types import FloatTensorType

    return [(spec["name"], FloatTensorType([None, *spec["shape"][1:]])) for spec in declared["inputs"]]


def _scores(converted, declared):
    """Returns the outputs of boosted trees in the order of the package, which has either the class or the scores."""
    names = [output.name for output in converted.graph.output]
    return names if len(names) == 1 or declared["outputs"][0]["name"] == "label" else names[1:]


def _saved_model(path, declared):
    from tf2onnx.convert import main

    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "model.onnx"))
        options = ["--tag", "serve", "--signature_def", "serving_default", "--opset", str(OPSET)]
        # Only the command converts a SavedModel.
        sys.argv = ["tf2onnx", "--saved-model", path, "--output", file, *options]
        main()
        converted = onnx.load(file)
    _sort_inputs(converted, [spec["name"] for spec in declared["inputs"]])
    names = [output.name for output in converted.graph.output]
    wanted = [spec["name"] for spec in declared["outputs"]]
    return converted, wanted if set(wanted) <= set(names) else names


def _sort_inputs(converted, wanted):
    """Puts the inputs in the order of the package, if they have its names."""
    given = {each.name.split(":")[0]: each for each in converted.graph.input}
    if set(given) == set(wanted):
        ordered = [given[name] for name in wanted]
        del converted.graph.input[:]
        converted.graph.input.extend(ordered)


def _exported_program(path, declared):
    import torch

    return _from_torch(torch.export.load(path), (), declared)


def _torch_pickle(path, declared):
    from modelship_worker import torch_pickle

    return _from_torch(_positional(torch_pickle.load(path, 1, declared)), _examples(declared["inputs"]), declared)


def _torchscript(path, declared):
    import torch

    from modelship_worker import torchscript

    model = torchscript.load(path, 1, declared)
    specs = declared["inputs"]
    if model.by_name:
        # Exporters take tensors by the position of the parameter.
        places = [argument.name for argument in model.module.forward.schema.arguments]
        specs = sorted(specs, key=lambda spec: places.index(spec["name"]))
    axes = {spec["name"]: [axis for axis, size in enumerate(spec["shape"]) if size == -1] for spec in specs}
    axes |= {spec["name"]: [0] for spec in declared["outputs"] if spec["shape"][:1] == [-1]}
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "model.onnx"))
        # The newer exporter does not take TorchScript.
        torch.onnx.export(
            model.module,
            _examples(specs),
            file,
            dynamo=False,
            input_names=[spec["name"] for spec in specs],
            output_names=[spec["name"] for spec in declared["outputs"]],
            dynamic_axes=axes,
            opset_version=OPSET,
        )
        return _cleaned(onnx.load(file), declared)


def _positional(model):
    """Returns a module that takes tensors by position, and gives a tuple of them."""
    import torch

    from modelship_worker.torch_tensors import named

    class Positional(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model.module

        def forward(self, *tensors):
            found = self.model(**dict(zip(declared_names, tensors))) if model.by_name else self.model(*tensors)
            return tuple(tensor for _, tensor in named(found))

    declared_names = [spec["name"] for spec in model.signatures["serving_default"]["inputs"]]
    return Positional().eval()


def _examples(specs):
    """Returns a tensor for each input. No dimension that may have any size is 1, which exporters would take as fixed."""
    import torch

    from modelship_worker.torch_tensors import DTYPES

    def shape(spec):
        return [size if size != -1 else OTHERS if axis else BATCHES for axis, size in enumerate(spec["shape"])]

    return tuple(torch.zeros(shape(spec), dtype=DTYPES[spec["datatype"]]) for spec in specs)


def _from_torch(module, examples, declared):
    import torch

    inputs, outputs = ([spec["name"] for spec in declared[kind]] for kind in ("inputs", "outputs"))
    # A program has the shapes that it was exported with.
    free = tuple(
        {axis: torch.export.Dim.DYNAMIC for axis, size in enumerate(spec["shape"]) if size == -1}
        for spec in declared["inputs"]
    )
    dynamic = {"dynamic_shapes": {"tensors": free}} if examples else {}
    options = {"input_names": inputs, "output_names": outputs, "dynamo": True, "verbose": False}
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "model.onnx"))
        torch.onnx.export(module, examples, **options, **dynamic).save(file)
        return _cleaned(onnx.load(file), declared)


def _cleaned(converted, declared):
    """Removes the lines of source code that PyTorch's exporters add, with the paths of this machine."""
    nodes = [node for each in [converted.graph, *converted.functions] for node in each.node]
    for each in [*nodes, *converted.graph.value_info]:
        each.ClearField("metadata_props")
        each.ClearField("doc_string")
    converted.ClearField("metadata_props")
    _sort_inputs(converted, [spec["name"] for spec in declared["inputs"]])
    return converted, [output.name for output in converted.graph.output]


# Converters by the format of the package.
CONVERTERS = {
    "exported_program": _exported_program,
    "lightgbm": _lightgbm,
    "pickle": _pickle,
    "saved_model": _saved_model,
    "skops": _skops,
    "torch_pickle": _torch_pickle,
    "torchscript": _torchscript,
    "xgboost": _xgboost,
}
