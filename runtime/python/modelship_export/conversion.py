"""Converts a model for `modelship optimize`, and writes it as `model.onnx`."""

from importlib import import_module
from importlib.metadata import version

from .restricted import restrict_to


def convert(request):
    # Before anything else is imported, because the kernel restricts only this thread and those that it starts later.
    restrict_to(request["path"], request["out"], request["trusted"])
    # A missing module is reported before the model is loaded.
    for name in request["modules"]:
        import_module(name)
    if request["convert"] == "onnx":
        from .to_onnx import convert
    else:
        from .smaller_onnx import convert
    convert(request)
    return {"versions": {name: version(name) for name in request["modules"]}}
