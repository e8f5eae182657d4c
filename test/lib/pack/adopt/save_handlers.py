"""Saves archives of TorchServe with handlers to the folder given, with the responses of TorchServe's own server.

Needs Java 11 or later, torch-model-archiver, torchserve, torchvision and captum beside PyTorch: save_handlers.py FOLDER
"""

import base64
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import torch
from PIL import Image

FOLDER = Path(sys.argv[1])
HANDLERS = Path(__file__).parent / "handlers"
sys.path.insert(0, str(HANDLERS))

from boxes import Boxes  # noqa: E402
from network import Network  # noqa: E402
from words import Words  # noqa: E402

JSON = {"Content-Type": "application/json"}
ROW = b"[1, 2, 3]"
BOUNDARY = "limit"


def form(*parts):
    """Returns a form of parts with a name, a file name or None, a content type or None, and a content."""
    lines = []
    for name, file, kind, content in parts:
        lines += [f"--{BOUNDARY}", f'Content-Disposition: form-data; name="{name}"' + (f'; filename="{file}"' if file else "")]
        lines += [f"Content-Type: {kind}"] if kind else []
        lines += ["", content]
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, "\r\n".join([*lines, f"--{BOUNDARY}--", ""]).encode()


SEVERAL = form(
    ("text", None, None, "1"), ("typed", None, "application/json", "{}"), ("file", "a.bin", "application/octet-stream", "x"),
    ("json", "a.json", "application/json", '{"a": 1}'), ("words", "a.txt", "text/plain", "hi"),
)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
STEPS = [
    (JSON, ROW),
    (JSON, b"[4, 5, -6]"),
    (JSON, b"{bad"),
    (JSON, b"{}"),
    ({}, ROW),
    ({"Content-Type": "text/plain; charset=utf-8"}, ROW),
    ({"Content-Type": "application/octet-stream"}, ROW),
    (FORM, b"data=[1,2,3]"),
    (form(("data", None, None, "[1,2,3]"))[0], form(("data", None, None, "[1,2,3]"))[1]),
    *(({**JSON, "X-Kind": kind}, ROW) for kind in ("teapot", "text", "count", "none", "type", "memory", "bytes", "keys")),
    ({**JSON, "X-Kind": "keys"}, b"{bad"),
    ({**FORM, "X-Kind": "keys"}, b"a=1&b=2"),
    ({"Content-Type": "text/plain", "X-Kind": "keys"}, b"a=1&b=2"),
    ({**SEVERAL[0], "X-Kind": "keys"}, SEVERAL[1]),
]
DATA = [form(("data", None, None, f"[{number}, 2, {number / 7}]")) for number in range(5)]
# Of a server with the models `steps` and `entry` alone.
MANAGEMENT = [
    *(("GET", f"/models{rest}") for rest in ("", "/", "?limit=1", "?limit=0", "?limit=x", "?limit=-1", "/steps", "/steps/1.0")),
    *(("GET", f"/models/{rest}") for rest in ("steps/all", "steps/9.0", "none")),
    *(("GET", path) for path in ("/", "/ping", "/other")),
    ("POST", "/models?url=steps.mar"), ("POST", "/models/steps"), ("PUT", "/models"), ("DELETE", "/models/steps"), ("OPTIONS", "/models"),
]
VOCABULARY = ["the", "good", "bad", "day", "the good", "good day", "the bad", "bad day", "is", "day is", "is good", "is bad"]


def picture(number):
    file = io.BytesIO()
    colours = np.random.default_rng(number).integers(0, 255, (3, 40 + number, 3)).astype(np.uint8)
    Image.fromarray(colours).resize((40, 30)).save(file, "png")
    return file.getvalue()


PICTURES = [({"Content-Type": "image/png"}, picture(number)) for number in range(4)]
ARCHIVES = {
    "words": (
        dict(handler="text_classifier", serialized_file="words.pth", model_file="words.py"),
        ["source_vocab.pt", "index_to_name.json"],
        [({"Content-Type": "text/plain"}, text) for text in (b"The GOOD day!", b"the <b>bad</b> day is bad", b"unknown words")],
    ),
    "boxes": (dict(handler="object_detector", serialized_file="boxes.pth", model_file="boxes.py"), ["index_to_name.json"], PICTURES),
    "steps": (dict(handler="steps.py", serialized_file="weights.pth", config_file="config.yaml", requirements_file="requirements.txt"), ["names.json", "network.py"], STEPS),
    "entry": (dict(handler="entry:respond", serialized_file="scripted.pt"), [], [*DATA, (JSON, ROW)]),
    "derived": (dict(handler="derived.py", serialized_file="weights.pth", model_file="network.py"), ["index_to_name.json"], DATA),
}


def save(sources):
    torch.manual_seed(0)
    network = Network().eval()
    torch.save(network.state_dict(), sources / "weights.pth")
    torch.jit.script(network).save(sources / "scripted.pt")
    for name, model in {"words": Words(), "boxes": Boxes()}.items():
        torch.save(model.state_dict(), sources / f"{name}.pth")
    torch.save({token: index for index, token in enumerate(VOCABULARY)}, sources / "source_vocab.pt")
    (sources / "names.json").write_text('["no", "yes"]')
    (sources / "index_to_name.json").write_text('{"0": "no", "1": "yes"}')
    (sources / "requirements.txt").write_text("torch==1.13.1\nno-such-package==1.0\n")
    (sources / "config.yaml").write_text("minWorkers: 1\nmaxWorkers: 1\nbatchSize: 4\nmaxBatchDelay: 50\nresponseTimeout: 30\nscale: 2\n")
    for file in HANDLERS.glob("*.py"):
        shutil.copy(file, sources)
    for name, (options, extra, _) in ARCHIVES.items():
        # Handlers of TorchServe and functions are named, and files are paths.
        files = {key: str(sources / value) if value.endswith((".py", ".pth", ".pt", ".yaml", ".txt")) else value for key, value in options.items()}
        arguments = [f"--{key.replace('_', '-')}={value}" for key, value in files.items()]
        arguments += ["--extra-files=" + ",".join(str(sources / each) for each in extra)] if extra else []
        subprocess.run(
            [sys.executable, "-m", "model_archiver.model_packaging", "--model-name", name, "--version", "1.0", *arguments]
            + ["--export-path", str(FOLDER), "--force"],
            check=True, cwd=sources,
        )


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def respond(url, headers, body):
    request = urllib.request.Request(url, body, {"Content-Type": "", **headers}, method="POST")
    try:
        response = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        response = error
    own = {name: response.headers[name] for name in ("content-type", "x-own") if response.headers[name]}
    return {"status": response.status, "headers": own, "body": base64.b64encode(response.read()).decode()}


def record(names, sources):
    inference, management, metrics, grpc, grpc_management = (free_port() for _ in range(5))
    addresses = {"inference": inference, "management": management, "metrics": metrics}
    lines = [f"{name}_address=http://127.0.0.1:{port}" for name, port in addresses.items()]
    lines += [f"grpc_inference_port={grpc}", f"grpc_management_port={grpc_management}", "disable_token_authorization=true"]
    (sources / "config.properties").write_text("\n".join(lines))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    server = subprocess.Popen(
        [sys.executable, "-m", "ts.model_server", "--start", "--foreground", "--ncs", "--disable-token-auth"]
        + ["--model-store", str(FOLDER), "--ts-config", str(sources / "config.properties")]
        + ["--models", *(f"{name}={name}.mar" for name in names)],
        env=environment, cwd=sources, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )
    try:
        for name in names:
            url = f"http://127.0.0.1:{inference}/predictions/{name}"
            _, _, requests = ARCHIVES[name]
            end = time.time() + 180
            while time.time() < end and not _is_ready(management, name):
                time.sleep(0.5)
            answers = [
                {"request": {"headers": headers, "body": base64.b64encode(body).decode()}, "response": respond(url, headers, body)}
                for headers, body in requests
            ]
            write(name, answers)
        if "steps" in names:
            managed = [{"request": f"{method} {path}", "response": manage(management, method, path)} for method, path in MANAGEMENT]
            write("management", managed)
    finally:
        # The server starts Java, and Java the workers.
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def write(name, answers):
    (FOLDER / f"{name}.answers.json").write_text("\n".join(["[", ",\n".join(map(json.dumps, answers)), "]", ""]))


def manage(management, method, path):
    request = urllib.request.Request(f"http://127.0.0.1:{management}{path}", method=method)
    try:
        response = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        response = error
    return {"status": response.status, "type": response.headers["content-type"], "body": json.load(response)}


def _is_ready(management, name):
    try:
        described = json.load(urllib.request.urlopen(f"http://127.0.0.1:{management}/models/{name}", timeout=10))
    except OSError:
        return False
    return any(worker["status"] == "READY" for worker in described[0]["workers"])


FOLDER.mkdir(parents=True, exist_ok=True)
sources = Path(tempfile.mkdtemp())
try:
    save(sources)
    record(["steps", "entry"], sources)
    record([name for name in ARCHIVES if name not in ("steps", "entry")], sources)
finally:
    shutil.rmtree(sources)
