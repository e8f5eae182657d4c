"""Python modules that a package contains beside its pickle."""

import ast
import importlib
import pathlib
import sys


def provide(folder):
    """Makes the modules in `folder` importable, and their definitions available to pickles that were saved by the
    script or notebook that defines them, which refer to `__main__`."""
    sys.path.insert(0, folder)
    sys.modules["__main__"].__getattr__ = lambda name: _defined_in_script(pathlib.Path(folder), name)


def _defined_in_script(folder, name):
    # Only a module that defines the name is imported, because importing a script may run it.
    for path in sorted(folder.glob("*.py")) if not name.startswith("__") else ():
        if name in _names(path):
            return getattr(importlib.import_module(path.stem), name)
    # Pickle's message for a missing definition, from which the advice is derived.
    raise AttributeError(f"module '__main__' has no attribute '{name}'")


def _names(path):
    """Returns the names that a module defines at its top level, without running it."""
    names = set()
    for node in ast.parse(path.read_bytes()).body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return names
