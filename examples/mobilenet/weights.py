"""The trained weights, as arrays."""

import json
import subprocess
from math import prod
from pathlib import Path

import numpy as np

UNPACK = Path(__file__).parent / "weights.mjs"


def read_weights(folder):
    """Variables by name, such as `block_1_expand/kernel`, as Keras orders and lays them. Fetched into `folder` if new."""
    if not (folder / "model.json").exists():
        subprocess.run(["node", UNPACK, folder], check=True)
    values = np.frombuffer((folder / "weights.bin").read_bytes(), np.uint8)
    weights, start = {}, 0
    for variable in json.loads((folder / "model.json").read_text())["weightsManifest"][0]["weights"]:
        end = start + prod(variable["shape"])
        quantization = variable["quantization"]
        # In 64 bits, as TensorFlow.js computes it.
        scaled = values[start:end].astype(np.float64) * quantization["scale"] + quantization["min"]
        weights[variable["name"]] = scaled.astype(np.float32).reshape(variable["shape"])
        start = end
    return weights
