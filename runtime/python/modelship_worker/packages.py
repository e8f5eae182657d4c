"""Packages that a model needs, pinned to the installed versions, and the fix for missing ones."""

import re
import sys

# Package names of modules whose name differs.
PACKAGES = {"sklearn": "scikit-learn"}


def requirements(modules):
    """Returns a line of requirements.txt for each package that provides one of the top-level modules."""
    # The import is slow, and only packing needs it.
    import importlib.metadata

    packages = importlib.metadata.packages_distributions()
    pinned = set()
    for module in modules:
        for name in packages.get(module, ()):
            # The local version after the plus describes the build, and other indexes have other builds.
            version = importlib.metadata.version(name).split("+")[0]
            pinned.add(f"{re.sub('[-_.]+', '-', name).lower()}=={version}")
    return sorted(pinned)


def loaded_since(before):
    """Returns the top-level modules imported since `before`, a snapshot of the names in `sys.modules`."""
    return {name.split(".")[0] for name in set(sys.modules) - before}


def how_to_install(error):
    """Describes how to install a missing module."""
    module = (error.name or "").split(".")[0]
    command = f"{sys.executable} -m pip install {PACKAGES.get(module, module)}"
    return f"Install it by `{command}`, or put the folder that has it on PYTHONPATH"
