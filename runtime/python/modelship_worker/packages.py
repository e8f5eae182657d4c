"""The packages that a model needs, pinned as they are installed here, and how to install those that are not."""

import re
import sys

# The package of each module whose name is another.
PACKAGES = {"sklearn": "scikit-learn"}


def requirements(modules):
    """A line of requirements.txt for each package that one of the top-level modules is of."""
    # Takes its time, and only packing needs it.
    import importlib.metadata

    packages = importlib.metadata.packages_distributions()
    pinned = set()
    for module in modules:
        for name in packages.get(module, ()):
            # What follows the plus says how it was built, and other indexes have other builds.
            version = importlib.metadata.version(name).split("+")[0]
            pinned.add(f"{re.sub('[-_.]+', '-', name).lower()}=={version}")
    return sorted(pinned)


def loaded_since(before):
    """The top-level modules that were imported since `before`, the names in `sys.modules` at that time."""
    return {name.split(".")[0] for name in set(sys.modules) - before}


def how_to_install(error):
    """What to do about a module that is missing."""
    module = (error.name or "").split(".")[0]
    command = f"{sys.executable} -m pip install {PACKAGES.get(module, module)}"
    return f"Install it by `{command}`, or put the folder that has it on PYTHONPATH"
