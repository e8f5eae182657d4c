"""Saves models of timm and torchvision with random weights, and what these libraries answer: python save_networks.py FOLDER

FOLDER/expected.json has the vector or the scores of FOLDER/picture.png for each model.
"""

import json
import sys
from pathlib import Path

import numpy as np
import timm
import torch
import torchvision
from PIL import Image
from safetensors.torch import save_model

torch.manual_seed(18)
root = Path(sys.argv[1])
coarse = np.random.default_rng(18).integers(0, 256, (9, 12, 3)).astype(np.uint8)
picture = Image.fromarray(coarse).resize((120, 90), Image.BICUBIC)
picture.save(root / "picture.png")
expected = {}


def settled(network: torch.nn.Module) -> torch.nn.Module:
    """Gives statistics to the normalizations, which are trained otherwise."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return network.eval()


with torch.no_grad():
    for name, classes in [("test_resnet", 10), ("test_vit", 0), ("test_efficientnet", 5)]:
        network = settled(timm.create_model(name, pretrained=False, num_classes=classes))
        folder = root / f"timm-{name}"
        timm.models.save_for_hf(network, folder, safe_serialization=True)
        transform = timm.data.create_transform(**timm.data.resolve_data_config(model=network))
        values = network(transform(picture)[None])[0]
        expected[folder.name] = (values if classes == 0 else values.softmax(-1)).tolist()

    for name, own in [
        ("shufflenet_v2_x0_5", {}),
        ("mobilenet_v3_small", {"num_classes": 3, "id2label": {0: "cat", 1: "dog", 2: "fish"}}),
        ("squeezenet1_1", {}),
    ]:
        options = {"num_classes": own["num_classes"]} if own else {}
        network = settled(torchvision.models.get_model(name, weights=None, **options))
        folder = root / f"torchvision-{name}"
        folder.mkdir()
        save_model(network, str(folder / "model.safetensors"))
        config = {"library_name": "torchvision", "architecture": name, "weights": "IMAGENET1K_V1", **own}
        (folder / "config.json").write_text(json.dumps(config))
        transform = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"].transforms()
        expected[folder.name] = network(transform(picture)[None])[0].softmax(-1).tolist()

(root / "expected.json").write_text(json.dumps(expected))
