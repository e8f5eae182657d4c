"""Writes MobileNetV2 as a folder of Transformers, so that its package takes pictures: python folder.py [FOLDER]

The graph of `convert.py` ends with the probabilities, which the task computes itself: the folder has the graph without its
last step. `requests.json` has the two photos as JPEG, and what the original model answers for them in TensorFlow.js.
"""

import base64
import json
import sys
from pathlib import Path

import onnx
from sklearn import datasets

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".cache" / "mobilenet"
LABELS = (HERE / "labels.txt").read_text().strip().split(",")
SIZE = {"height": 224, "width": 224}
BILINEAR = 2

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CACHE / "folder"
folder.mkdir(parents=True, exist_ok=True)

model = onnx.load(CACHE / "models" / "model.onnx")
softmax = model.graph.node.pop()
assert softmax.op_type == "Softmax"
model.graph.output[0].name = softmax.input[0]
onnx.save(model, folder / "model.onnx")

config = {"architectures": ["MobileNetV2ForImageClassification"], "id2label": dict(enumerate(LABELS))}
(folder / "config.json").write_text(json.dumps(config, indent=2))
steps = {"image_processor_type": "ViTImageProcessor", "size": SIZE, "resample": BILINEAR, "do_normalize": False}
(folder / "preprocessor_config.json").write_text(json.dumps(steps, indent=2))

photos = [Path(datasets.__file__).parent / "images" / name for name in ("china.jpg", "flower.jpg")]
expected = json.loads((HERE / "expected.json").read_text())
requests = {
    "instances": [base64.b64encode(photo.read_bytes()).decode() for photo in photos],
    "predictions": [expected[photo.name] for photo in photos],
}
(folder / "requests.json").write_text(json.dumps(requests))
