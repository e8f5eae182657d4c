"""Saves image processors of Transformers, and what each makes of two pictures: python image_processors.py FOLDER"""

import importlib
import json
import os
import re
import sys
import warnings
from pathlib import Path

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

folder = Path(sys.argv[1])
random = np.random.default_rng(18)
pictures = []
for index, (width, height) in enumerate([(301, 203), (90, 211)]):
    coarse = random.integers(0, 256, (height // 12, width // 12, 3)).astype(np.uint8)
    picture = Image.fromarray(coarse).resize((width, height), Image.BICUBIC)
    picture.save(folder / f"{index}.png")
    pictures.append(picture)

MODULES = {
    "Beit": "beit",
    "Bit": "bit",
    "CLIP": "clip",
    "ConditionalDetr": "conditional_detr",
    "ConvNext": "convnext",
    "DeiT": "deit",
    "DeformableDetr": "deformable_detr",
    "Detr": "detr",
    "EfficientNet": "efficientnet",
    "MobileNetV1": "mobilenet_v1",
    "MobileNetV2": "mobilenet_v2",
    "MobileViT": "mobilevit",
    "Pvt": "pvt",
    "RTDetr": "rt_detr",
    "Segformer": "segformer",
    "Siglip": "siglip",
    "ViT": "vit",
    "Yolos": "yolos",
}
VARIANTS = {
    "ConvNext": [{}, {"size": {"shortest_edge": 224}}],
    "EfficientNet": [{}, {"rescale_factor": 1 / 127.5, "rescale_offset": True, "do_center_crop": True}],
    "ViT": [{}, {"resample": 3, "do_rescale": False}, {"do_normalize": False, "resample": 0}],
    "Segformer": [{"size": {"height": 64, "width": 100}}],
    "Detr": [{"size": {"shortest_edge": 100, "longest_edge": 160}}],
    "ConditionalDetr": [{"size": {"shortest_edge": 64, "longest_edge": 90}}],
    "DeformableDetr": [{"size": {"shortest_edge": 64, "longest_edge": 90}}],
    "Yolos": [{"size": {"shortest_edge": 64, "longest_edge": 90}}],
    "RTDetr": [{"size": {"height": 64, "width": 64}}],
}

cases = []
for name, module in MODULES.items():
    module = importlib.import_module(f"transformers.models.{module}.image_processing_pil_{module}")
    for changes in VARIANTS.get(name, [{}]):
        processor = getattr(module, f"{name}ImageProcessorPil")(**changes)
        for index, picture in enumerate(pictures):
            options = {"do_pad": False} if name.endswith("Detr") and name != "RTDetr" or name == "Yolos" else {}
            values = np.asarray(processor(picture, return_tensors="np", **options)["pixel_values"][0], np.float32)
            case = f"{len(cases)}.values"
            (folder / case).write_bytes(values.tobytes())
            settings = json.loads(processor.to_json_string())
            cases.append({"settings": settings, "picture": f"{index}.png", "values": case, "shape": values.shape})
(folder / "cases.json").write_text(json.dumps(cases))
