"""Saves small image models with random weights as transformers does, with ONNX beside them, and what its pipelines answer.

python save_image_models.py FOLDER
"""

import importlib
import json
import os
import sys
import warnings
from pathlib import Path

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from PIL import Image  # noqa: E402

torch.manual_seed(18)
root = Path(sys.argv[1])
coarse = np.random.default_rng(18).integers(0, 256, (9, 12, 3)).astype(np.uint8)
Image.fromarray(coarse).resize((120, 90), Image.BICUBIC).save(root / "picture.png")
picture = Image.open(root / "picture.png").convert("RGB")

LABELS = ["cat", "dog", "fish"]
shared = {"id2label": dict(enumerate(LABELS)), "label2id": {label: index for index, label in enumerate(LABELS)}}
small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
square = {"size": {"height": 32, "width": 32}}
MODELS = {
    "vit": ("ViT", transformers.ViTConfig(image_size=32, patch_size=8, **small, **shared), square),
    "deit": (
        "DeiT",
        transformers.DeiTConfig(image_size=32, patch_size=8, **small, **shared),
        {"size": {"height": 40, "width": 40}, "crop_size": {"height": 32, "width": 32}},
    ),
    "convnext": (
        "ConvNext",
        transformers.ConvNextConfig(hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, **shared),
        {"size": {"shortest_edge": 32}},
    ),
}

expected = {}
for folder, (name, config, settings) in MODELS.items():
    module = importlib.import_module(f"transformers.models.{name.lower()}.image_processing_pil_{name.lower()}")
    processor = getattr(module, f"{name}ImageProcessorPil")(**settings)
    config._attn_implementation = "eager"
    model = getattr(transformers, f"{name}ForImageClassification")(config).eval()
    model.save_pretrained(root / folder)
    processor.save_pretrained(root / folder)

    class Traced(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, values):
            return self.model(values)["logits"]

    torch.onnx.export(
        Traced(), (torch.zeros(2, 3, 32, 32),), str(root / folder / "model.onnx"), dynamo=False, opset_version=17,
        input_names=["pixel_values"], output_names=["logits"],
        dynamic_axes={"pixel_values": {0: "batch"}, "logits": {0: "batch"}},
    )  # fmt: skip
    classify = transformers.pipeline("image-classification", model=model, image_processor=processor)
    scores = {each["label"]: each["score"] for each in classify(picture)}
    expected[folder] = [scores[label] for label in LABELS]

(root / "expected.json").write_text(json.dumps(expected))
