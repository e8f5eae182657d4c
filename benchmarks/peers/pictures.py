"""Writes to the folder given what the benchmark of pictures needs:

classifier/             MobileNetV2 with random weights, as a folder of Hugging Face with ONNX weights
640x480.jpg, 3000x2000.jpg    a photo that scikit-learn ships (CC BY 2.0, by ultraorange)
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from transformers import MobileNetV2Config, MobileNetV2ForImageClassification

warnings.filterwarnings("ignore")
SIZES = [(640, 480), (3000, 2000)]


class Classifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = MobileNetV2ForImageClassification(MobileNetV2Config(num_labels=1000)).eval()

    def forward(self, values):
        return self.model(values)["logits"]


def main():
    root = Path(sys.argv[1])
    folder = root / "classifier"
    folder.mkdir()
    torch.manual_seed(18)
    classifier = Classifier()
    classifier.model.config.architectures = [type(classifier.model).__name__]
    classifier.model.config.to_json_file(folder / "config.json")
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_processor_type": "MobileNetV2ImageProcessor"}))
    torch.onnx.export(
        classifier, (torch.zeros(2, 3, 224, 224),), str(folder / "model.onnx"), dynamo=False, opset_version=17,
        input_names=["pixel_values"], output_names=["logits"],
        dynamic_axes={"pixel_values": {0: "batch"}, "logits": {0: "batch"}},
    )  # fmt: skip
    photo = Image.fromarray(load_sample_image("china.jpg"))
    noise = np.random.default_rng(18)
    for width, height in SIZES:
        pixels = np.asarray(photo.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)
        # Grain, as a camera's picture has it: an enlarged photo alone would be too smooth, and quick to decode.
        grainy = np.clip(pixels + noise.normal(0, 4, pixels.shape), 0, 255).astype(np.uint8)
        Image.fromarray(grainy).save(root / f"{width}x{height}.jpg", quality=90)


if __name__ == "__main__":
    main()
