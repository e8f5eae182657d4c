"""`sizes.py PACKAGE …` prints the bytes of the packages with all that they depend on, and of the interpreter."""

import json
import re
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

# Parts of the standard library that images of servers leave out.
LEFT_OUT = {"site-packages", "dist-packages", "test", "idlelib", "ensurepip", "__pycache__"}


def closure(names):
    """The packages and those that they require, without extras."""
    found, waiting = {}, list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue  # For another platform.
        waiting += [re.match(r"[\w.-]+", line)[0] for line in found[name].requires or [] if "extra ==" not in line]
    return found.values()


def bytes_of(paths):
    return sum(path.stat().st_size for path in paths if path.is_file() and not LEFT_OUT.intersection(path.parts[-2:-1]))


packages = sum(bytes_of(Path(each.locate_file(file)) for file in each.files or []) for each in closure(sys.argv[1:]))
library = Path(sysconfig.get_path("stdlib"))
kept = (each for each in library.rglob("*") if not LEFT_OUT.intersection(each.relative_to(library).parts))
interpreter = bytes_of(kept) + Path(sys.executable).resolve().stat().st_size
print(json.dumps({"packages": packages, "interpreter": interpreter}))
