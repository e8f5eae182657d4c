"""A handler of TorchServe without its base class, which responds by the header X-Kind."""

import json
import os

import torch
from network import Network


class Steps:
    def initialize(self, context):
        properties = context.system_properties
        file = os.path.join(properties["model_dir"], context.manifest["model"]["serializedFile"])
        self.network = Network()
        self.network.load_state_dict(torch.load(file, weights_only=True))
        self.network.eval()
        # Beside the handler, in the folder that it runs in or not.
        with open(os.path.join(properties["model_dir"], "names.json")) as names:
            self.names = json.load(names)
        self.scale = context.model_yaml_config["scale"]
        self.together = properties["batch_size"]

    def preprocess(self, requests):
        rows = [request.get("data") or request.get("body") for request in requests]
        rows = [json.loads(row) if isinstance(row, (bytes, bytearray, str)) else row for row in rows]
        return torch.tensor(rows).float() * self.scale

    def inference(self, rows):
        with torch.inference_mode():
            return self.network(rows)

    def postprocess(self, scores):
        return [dict(zip(self.names, row)) for row in scores.tolist()]

    def handle(self, requests, context):
        assert len(requests) <= self.together
        kinds = [context.get_request_header(index, "X-Kind") for index in range(len(requests))]
        if "count" in kinds:
            return [1] * (len(requests) + 1)
        if "none" in kinds:
            return None
        if "type" in kinds:
            return [object() for _ in requests]
        if "memory" in kinds:
            raise MemoryError
        if "keys" in kinds:
            return [{name: type(value).__name__ for name, value in sorted(request.items())} for request in requests]
        if "bytes" in kinds:
            return [b"\x00\xff" for _ in requests]
        context.metrics.add_counter("Requests", len(requests))
        for index, kind in enumerate(kinds):
            if kind == "teapot":
                context.set_response_status(418, "teapot", index)
                context.set_response_header(index, "X-Own", "yes")
            if kind == "text":
                context.set_response_content_type(index, "text/plain")
        return self.postprocess(self.inference(self.preprocess(requests)))
