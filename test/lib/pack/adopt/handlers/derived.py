"""A handler of TorchServe that is derived from its base class."""

import json

import torch
from ts.torch_handler.base_handler import BaseHandler


class Derived(BaseHandler):
    def preprocess(self, data):
        return torch.tensor([json.loads(row["data"]) if isinstance(row["data"], (bytes, bytearray)) else row["data"] for row in data]).float()

    def postprocess(self, data):
        return [f"{self.mapping[str(int(row.argmax()))]}\n" for row in data]
