"""Builds MobileNetV2 of the trained weights in PyTorch and in Keras, and saves it in each format:

model.onnx       by torch.onnx
model.pt2        by torch.export
model.pt         by torch.jit
saved_model/     by TensorFlow
requests.json    photos, and what the original model answers for them in TensorFlow.js

Run it by `python convert.py [FOLDER]`. It does nothing if the folder has what it would write. SHA256SUMS has what must
come out the same everywhere; TorchScript and TensorFlow write of the machine, too.
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
LABELS = (HERE / "labels.txt").read_text().strip().split(",")
CACHE = HERE.parent.parent / ".cache" / "mobilenet"
PACKAGES = ("keras", "onnx", "onnxscript", "pillow", "scikit-learn", "tensorflow-cpu", "torch")


def stamp():
    """Tells whether another run would write the same."""
    digest = hashlib.sha256()
    for file in sorted(HERE.iterdir()):
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest() + "".join(f"\n{name} {version(name)}" for name in PACKAGES) + "\n"


def with_torch(weights, image, folder):
    import torch
    from torch.torch_version import TorchVersion
    from torch_network import torch_network

    # Both exporters write the version of PyTorch. Its suffix differs between the builds: +cpu, +cu130.
    torch.__version__ = TorchVersion(torch.__version__.partition("+")[0])

    network = torch_network(weights, len(LABELS))
    image = torch.from_numpy(image)
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    program = torch.export.export(network, (image,), dynamic_shapes={"image": {0: torch.export.Dim("batch")}})
    # Where each operation stands in the source would tell this machine's paths.
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
    torch.export.save(program, folder / "model.pt2")
    torch.onnx.export(
        program,
        (),
        folder / "model.onnx",
        input_names=["image"],
        output_names=["probabilities"],
        external_data=False,
        verbose=False,
    )
    # The output is a dictionary, to which tracing objects unless its keys are known to stay.
    torch.jit.trace(network, image, strict=False).save(folder / "model.pt")


def with_tensorflow(weights, image, folder):
    import tensorflow as tf
    from keras_network import keras_network

    network = keras_network(weights, len(LABELS))

    @tf.function(input_signature=[tf.TensorSpec([None, *image.shape[1:]], tf.float32, "image")])
    def serve(image):
        return {"probabilities": network(image, training=False)}

    # Without what only training needs of the network.
    module = tf.Module()
    module.weights, module.serve = [variable.value for variable in network.variables], serve
    tf.saved_model.save(module, str(folder / "saved_model"), signatures=serve)


def requests(photos):
    expected = json.loads((HERE / "expected.json").read_text())
    return {
        "instances": [pixels.tolist() for _, pixels in photos],
        "predictions": [{"probabilities": expected[name]} for name, _ in photos],
    }


def convert(folder):
    import numpy as np
    from photos import photos
    from weights import read_weights

    weights = read_weights(CACHE / "weights")
    pictures = list(photos())
    image = np.stack([pixels for _, pixels in pictures]).astype(np.float32)
    # One process per framework: PyTorch built for CUDA, as PyPI has it, and TensorFlow crash in the same process.
    with ProcessPoolExecutor(max_workers=1, max_tasks_per_child=1) as process:
        process.submit(with_torch, weights, image, folder).result()
        process.submit(with_tensorflow, weights, image, folder).result()
    (folder / "requests.json").write_text(json.dumps(requests(pictures), separators=(",", ":")))


def main():
    folder = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else CACHE / "models"
    written = folder / "written"
    if written.exists() and written.read_text() == stamp():
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    folder.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        convert(half)
        (half / "written").write_text(stamp())
        shutil.rmtree(folder, ignore_errors=True)
        half.chmod(0o755)
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


if __name__ == "__main__":
    main()
