"""Prints the vectors of texts by the quantized weights of MiniLM, in ONNX Runtime for Python.

python minilm.py FOLDER TEXTS
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

folder, texts = Path(sys.argv[1]), json.loads(sys.argv[2])


weights = folder / "onnx" / "model_quantized.onnx"
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
