"""Prints which names of the installed frameworks the rules in standard input allow although another package defines them,
in JSON. A rule is the expression of modules and that of names."""

import importlib
import json
import pkgutil
import re
import sys

rules = [(re.compile(modules), re.compile(names)) for modules, names in json.load(sys.stdin)]
# Packages whose modules are searched, without the many of PyTorch that no rule names.
packages = ("joblib", "lightgbm", "numpy", "pandas", "scipy", "sklearn", "torch.nn.modules", "xgboost")
frameworks = {name.split(".")[0] for name in packages} | {"torch"}
# Packages that define names of the frameworks in C, and classes of Python that contain data or describe types.
data = {"View", "builtins", "collections", "cyutility", "decimal", "numbers", "io", "typing"}


def modules_of(package):
    yield package
    path = importlib.import_module(package).__path__
    for each in pkgutil.walk_packages(path, f"{package}.", onerror=lambda _: None):
        if any(modules.fullmatch(each.name) for modules, _ in rules):
            yield each.name


checked, others = 0, []
for package in packages:
    for name in modules_of(package):
        try:
            module = importlib.import_module(name)
        except Exception:
            continue
        names = [names for modules, names in rules if modules.fullmatch(name)]
        for each, value in vars(module).items():
            if callable(value) and any(allowed.fullmatch(each) for allowed in names):
                checked += 1
                home = (getattr(value, "__module__", None) or package).split(".")[0].lstrip("_")
                if home not in frameworks and home not in data:
                    others.append(f"{name}.{each} of {value.__module__}")
print(json.dumps({"checked": checked, "others": others}))
