"""Packages that a model needs, pinned to the installed versions, and the fix for missing ones."""

import re
import sys

# Package that stores definitions in the pickle itself. They may import anything.
BY_VALUE = "cloudpickle"

# Package names of modules whose name differs.
PACKAGES = {"PIL": "pillow", "sklearn": "scikit-learn", "ts": "torchserve", "yaml": "pyyaml"}


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
            pinned.add(f"{_normal(name)}=={version}")
    return sorted(pinned)


class PickledModules:
    """The top-level modules that a pickle needs. Recording starts when the object is created, and ends when it is read.

    Importing a package may import others that merely happen to be installed. They are left out if all modules to which the
    pickle refers belong to packages, because these list the packages that they require. `referred` has the former alone."""

    def __init__(self):
        self.used = {"numpy"}
        self._before = set(sys.modules)
        self.referred = set()
        self._is_recording = True
        sys.addaudithook(self._record)

    def _record(self, event, arguments):
        if event == "pickle.find_class" and self._is_recording:
            self.referred.add(arguments[0].split(".")[0])

    def __iter__(self):
        import importlib.metadata

        self._is_recording = False
        loaded = {name.split(".")[0] for name in set(sys.modules) - self._before} | self.used | self.referred
        packages = importlib.metadata.packages_distributions()
        own = (self.referred | self.used) - sys.stdlib_module_names
        if BY_VALUE in own or not own <= set(packages):
            return iter(loaded)
        required = _required({package for module in own for package in packages[module]})
        return iter({module for module in loaded if required & {_normal(each) for each in packages.get(module, ())}})


def _required(packages):
    """Returns the normal names of packages and of all packages that they require, without optional ones."""
    import importlib.metadata

    open_names = [_normal(name) for name in packages]
    found = set()
    while open_names:
        name = open_names.pop()
        if name in found:
            continue
        found.add(name)
        try:
            lines = importlib.metadata.requires(name) or ()
        except importlib.metadata.PackageNotFoundError:
            continue
        open_names += [_normal(re.match(r"[\w.-]+", line)[0]) for line in lines if not re.search(r"\bextra\s*==", line)]
    return found


def _normal(name):
    return re.sub("[-_.]+", "-", name).lower()


def how_to_install(error):
    """Describes how to install a missing module."""
    module = (error.name or "").split(".")[0]
    command = f"{sys.executable} -m pip install {PACKAGES.get(module, module)}"
    return (
        f"Install it by `{command}`, name a Python that has it with MODELSHIP_PYTHON, or pack the folder that has it "
        "with the model, `--code FOLDER`"
    )
