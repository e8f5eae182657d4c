"""Loads models that transformers saved, and names the versions of libraries."""

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

LIBRARIES = ["torch", "transformers", "sentence-transformers", "tokenizers", "timm", "torchvision", "pillow", "onnxscript"]

# Keyword arguments that load weights in 32-bit floats, and never from a pickle.
WEIGHTS = {"dtype": torch.float32, "use_safetensors": True}


def load(kind: type, folder: str, may_lack: str | None = None):
    """Loads a model of the class `kind` in 32-bit floats, with notes about its weights.

    Fails if a weight is missing, because transformers would make it up. Returns the names of missing weights that start
    with `may_lack`, which the task does not use.
    """
    model, info = kind.from_pretrained(
        folder,
        # The plain form of attention is exported with dimensions of any size for every architecture.
        attn_implementation="eager",
        output_loading_info=True,
        local_files_only=True,
        **WEIGHTS,
    )
    lacking = [name for name in info["missing_keys"] if may_lack is not None and name.startswith(may_lack)]
    missing = [name for name in info["missing_keys"] if name not in lacking]
    wrong = [*missing, *(str(each) for each in info["mismatched_keys"])]
    if wrong:
        raise ValueError(f"model.safetensors lacks weights of {type(model).__name__}: {', '.join(sorted(wrong)[:5])}")
    notes = []
    unused = sorted(info["unexpected_keys"])
    if unused:
        notes.append(f"model.safetensors has weights that {type(model).__name__} does not use: {', '.join(unused[:5])}")
    saved = json.loads(Path(folder, "config.json").read_text())
    dtype = saved.get("dtype") or saved.get("torch_dtype") or "float32"
    if dtype != "float32":
        notes.append(f"weights are saved as {dtype}, and exported as float32")
    return model.eval(), lacking, notes


def versions() -> dict[str, str]:
    """Returns the versions of the libraries that are installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
