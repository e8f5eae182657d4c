"""A handler of TorchServe that is a function."""

import json
import os

import torch

SCRIPTED = None


def respond(requests, context):
    global SCRIPTED
    if SCRIPTED is None:
        folder = context.system_properties["model_dir"]
        SCRIPTED = torch.jit.load(os.path.join(folder, context.manifest["model"]["serializedFile"])).eval()
        return None
    rows = torch.tensor([json.loads(bytes(request["data"])) for request in requests]).float()
    with torch.inference_mode():
        return SCRIPTED(rows).tolist()
