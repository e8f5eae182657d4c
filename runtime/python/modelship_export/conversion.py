"""Converts a model for `modelship optimize`, and writes it as `model.onnx`."""

from importlib import import_module

from .restricted import restrict_to


def convert(request):
    # Before anything else is imported, because the kernel restricts only this thread and those that it starts later.
    restrict_to(request["path"], request["out"], request["trusted"])
    # A missing module is reported before the model is loaded.
    modules = {name: import_module(name) for name in request["modules"]}
    if request["convert"] == "onnx":
        from .to_onnx import convert
    else:
        from .smaller_onnx import convert
    convert(request)
    return {"versions": {name: module.__version__ for name, module in modules.items()}}
