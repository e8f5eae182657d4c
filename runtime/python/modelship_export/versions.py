"""Versions of this Python and of its packages."""

import importlib.metadata
import platform


def read(request):
    return {"python": platform.python_version(), "packages": {name: _version(name) for name in request["packages"]}}


def _version(name):
    try:
        # The local version after the plus describes the build.
        return importlib.metadata.version(name).split("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return None
