"""Saves, into the folder given, a script and a module, and pipelines that refer to the definitions in each."""

import pathlib
import subprocess
import sys

folder = pathlib.Path(sys.argv[1])
(folder / "source" / "__pycache__").mkdir(parents=True)
(folder / "source" / "__pycache__" / "steps.cpython-311.pyc").write_bytes(b"old")
(folder / "source" / ".secret").write_text("key")
(folder / "source" / ".venv" / "bin").mkdir(parents=True)
(folder / "source" / ".venv" / "bin" / "python").symlink_to(sys.executable)
(folder / "source" / "helpers").mkdir()
(folder / "source" / "helpers" / "__init__.py").write_text("FACTOR = 3\n")
(folder / "source" / "steps.py").write_text("from helpers import FACTOR\n\ndef triple(rows):\n    return rows * FACTOR\n")
train = '''
import sys
import joblib
import numpy as np
import steps
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer


def double(rows):
    return rows * 2


if __name__ == "__main__":
    for name, function in {"script": double, "module": steps.triple}.items():
        rows = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        pipeline = make_pipeline(FunctionTransformer(function), LinearRegression()).fit(rows, [1.0, 2.0, 3.0])
        joblib.dump(pipeline, sys.argv[1] + "/" + name + ".joblib")
'''
(folder / "source" / "train.py").write_text(train)
subprocess.run([sys.executable, folder / "source" / "train.py", folder], check=True, env={"PYTHONDONTWRITEBYTECODE": "1"})
