"""Versions of this Python and of its packages."""

import importlib.metadata
import platform


def read(request):
    return {"python": platform.python_version(), "packages": {name: _version(name) for name in request["packages"]}}


def _version(name):
    # Builds for CPUs alone are packages of their own.
    for each in (name, f"{name}-cpu"):
        try:
            # The local version after the plus describes the build.
            return importlib.metadata.version(each).split("+")[0]
        except importlib.metadata.PackageNotFoundError:
            pass
    return None
