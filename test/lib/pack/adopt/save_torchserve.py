"""Saves archives of TorchServe to the folder given, with the answers of TorchServe's own handlers to pictures.

Needs torch-model-archiver, torchserve, torchvision and captum beside PyTorch: save_torchserve.py FOLDER [REQUESTS]
"""

import base64
import io
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import torch
from PIL import Image
from ts.context import RequestProcessor
from ts.model_loader import ModelLoaderFactory

FOLDER = Path(sys.argv[1])
REQUESTS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
NAMES = ["cat", "dog", "crane", "fish", "crane", "snake", "bird"]

MODULE = '''import torch


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = torch.nn.Conv2d(3, 4, 8, 32)
        self.classes = torch.nn.Linear(4 * 7 * 7, 7)

    def forward(self, image):
        return 20 * self.classes(self.patches(image).relu().flatten(1))
'''


def picture(number):
    """Returns a file of random waves, whose size and kind differ between numbers."""
    random = np.random.default_rng(number)
    width, height = (int(each) for each in random.integers(20, 90, 2))
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    waves = [np.sin(x * random.uniform(0, 0.6) + y * random.uniform(0, 0.6)) for _ in range(3)]
    file = io.BytesIO()
    Image.fromarray((127 + 127 * np.stack(waves, 2)).astype(np.uint8)).save(file, ("png", "jpeg")[number % 2])
    return file.getvalue()


def archive(name, form, **options):
    """Creates an archive by torch-model-archiver."""
    arguments = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
    subprocess.run(
        [sys.executable, "-m", "model_archiver.model_packaging", "--model-name", name, "--handler", "image_classifier"]
        + ["--archive-format", form, "--export-path", str(FOLDER), "--force", "--version", "3.0", *arguments],
        check=True,
    )


def unpacked(file, form):
    folder = Path(tempfile.mkdtemp())
    shutil.unpack_archive(FOLDER / file, folder, form)
    return folder


def record(name, files):
    """Writes the answers of TorchServe's worker for the content of an archive."""
    sys.path.insert(0, str(files))
    manifest = json.loads((files / "MAR-INF" / "MANIFEST.json").read_text())
    loader = ModelLoaderFactory.get_model_loader()
    service = loader.load(name, str(files), manifest["model"]["handler"], None, 1, None, metrics_cache=Mock())
    answers = []
    for number in range(REQUESTS):
        service.context.request_processor = [RequestProcessor({})]
        body = picture(number)
        (answer,) = service._entry_point([{"body": bytearray(body)}], service.context)
        answers.append({"request": base64.b64encode(body).decode(), "response": answer})
    (FOLDER / f"{name}.answers.json").write_text("\n".join(["[", ",\n".join(map(json.dumps, answers)), "]", ""]))


FOLDER.mkdir(parents=True, exist_ok=True)
sources = Path(tempfile.mkdtemp())
(sources / "model.py").write_text(MODULE)
sys.path.insert(0, str(sources))
from model import Network  # noqa: E402

torch.manual_seed(0)
network = Network().eval()
torch.jit.script(network).save(sources / "model.pt")
torch.save(network.state_dict(), sources / "weights.pth")
(sources / "index_to_name.json").write_text(json.dumps({str(i): [f"n{i}", name] for i, name in enumerate(NAMES)}))
(sources / "requirements.txt").write_text("torch==1.13.1\n")
(sources / "notes.txt").write_text("Trained on nothing.\n")
(sources / "model-config.yaml").write_text(
    "minWorkers: 1\nmaxWorkers: 2\nbatchSize: 4\nmaxBatchDelay: 50\nresponseTimeout: 30\npt2: inductor\n"
)

scripted = {"serialized_file": sources / "model.pt"}
eager = {"serialized_file": sources / "weights.pth", "model_file": sources / "model.py"}
names = {"extra_files": f"{sources / 'index_to_name.json'},{sources / 'notes.txt'}"}
settings = {"requirements_file": sources / "requirements.txt", "config_file": sources / "model-config.yaml"}

archive("scripted", "default", **scripted, **names, **settings)
archive("plain", "tgz", **scripted)
archive("eager", "no-archive", **eager, **names)
archive("stored", "zip-store", **eager)

record("scripted", unpacked("scripted.mar", "zip"))
record("plain", unpacked("plain.tar.gz", "gztar") / "plain")
record("eager", FOLDER / "eager")
record("stored", unpacked("stored.mar", "zip"))
