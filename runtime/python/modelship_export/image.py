"""Exports models that take pictures, and runs the originals."""

import base64
import io
import json
import struct
import zlib
from pathlib import Path

import torch
from PIL import Image, ImageOps

from . import onnx_file, pretrained

INPUT = "pixel_values"
# Two shapes of pictures show whether the processor makes them all the same size.
SHAPES = [(97, 64), (64, 120)]


def export(request: dict) -> dict:
    """Exports the model of `request`. Returns the answers of the original, versions and notes."""
    torch.manual_seed(0)
    original = LIBRARIES[request["library"]](request["folder"], request["type"])
    pictures = [picture(each["image"]) for each in request["samples"]]
    with torch.no_grad():
        originals = [original.answer(each) for each in pictures]
        prepared = [original.prepare(Image.new("RGB", shape)) for shape in SHAPES]
        example = {INPUT: torch.cat([prepared[0], prepared[0]])}
        axes = [0] if prepared[0].shape == prepared[1].shape else [0, 2, 3]
        onnx_file.write(original.model, example, original.outputs, Path(request["out"], "model.onnx"), axes)
    found = {"originals": originals, "notes": original.notes, "versions": pretrained.versions()}
    return found | ({"processor": original.processor_settings} if original.processor_settings else {})


def picture(value) -> Image.Image:
    """Opens a picture of a sample: base64, a data URL, or `{"b64": …}`."""
    text = value["b64"] if isinstance(value, dict) else value
    return ImageOps.exif_transpose(Image.open(io.BytesIO(base64.b64decode(text.split(",")[-1])))).convert("RGB")


class Named(torch.nn.Module):
    """A model that returns one tensor, under a name."""

    def __init__(self, model: torch.nn.Module, name: str):
        super().__init__()
        self.model = model
        self.name = name

    def forward(self, pixel_values: torch.Tensor):
        return {self.name: self.model(pixel_values)}


class Vector(torch.nn.Module):
    """A transformer that returns one vector for each picture: its pooled output, or else that of the first token."""

    def __init__(self, model: torch.nn.Module, has_pooler: bool):
        super().__init__()
        self.model = model
        self.has_pooler = has_pooler

    def forward(self, pixel_values: torch.Tensor):
        found = self.model(pixel_values)
        pooled = found.get("image_embeds")
        if pooled is None and self.has_pooler:
            pooled = found.get("pooler_output")
        return {"image_embeds": found.last_hidden_state[:, 0] if pooled is None else pooled.flatten(1)}


class Transformers:
    """A model that Transformers saved, and its image processor."""

    processor_settings = None

    def __init__(self, folder: str, kind: str):
        import transformers

        self.kind = kind
        architecture = json.loads(Path(folder, "config.json").read_text())["architectures"][0]
        may_lack = "pooler." if kind == "image_embedding" else None
        model, lacking, self.notes = pretrained.load(getattr(transformers, architecture), folder, may_lack)
        # The processors for Pillow are those that the server equals. Others resize tensors, with other pixels.
        is_new = int(transformers.__version__.split(".")[0]) >= 5
        backend = {"backend": "pil"} if is_new else {"use_fast": False}
        self.processor = transformers.AutoImageProcessor.from_pretrained(folder, local_files_only=True, **backend)
        self.model = model
        self.outputs = OUTPUTS[kind]
        if kind == "image_embedding":
            self.model = Vector(model, not lacking).eval()
        else:
            name = kind.replace("_", "-")
            self.pipeline = transformers.pipeline(name, model=model, image_processor=self.processor, device="cpu")

    def prepare(self, image: Image.Image) -> torch.Tensor:
        return self.processor(images=image, return_tensors="pt")[INPUT]

    def answer(self, image: Image.Image) -> dict:
        if self.kind == "image_embedding":
            return {"embedding": self.model(self.prepare(image))["image_embeds"][0].tolist()}
        return getattr(self, self.kind)(image)

    def image_classification(self, image: Image.Image) -> dict:
        scores = {each["label"]: each["score"] for each in self.pipeline(image, top_k=None)}
        labels = self.model.config.id2label
        return {"scores": [scores[labels[index]] for index in range(len(labels))]}

    def object_detection(self, image: Image.Image) -> dict:
        limits = {"xmin": image.width, "xmax": image.width, "ymin": image.height, "ymax": image.height}
        # The pipeline also reports positions outside the picture.
        found = [
            each | {"box": {side: min(max(place, 0), limits[side]) for side, place in each["box"].items()}}
            for each in self.pipeline(image)
        ]
        return {"objects": json.dumps(sorted(found, key=lambda each: -each["score"]))}

    def image_segmentation(self, image: Image.Image) -> dict:
        found = self.pipeline(image, subtask="semantic")
        return {"segments": json.dumps([each | {"mask": png(each["mask"])} for each in found])}


OUTPUTS = {
    "image_classification": ["logits"],
    "image_embedding": ["image_embeds"],
    "object_detection": ["logits", "pred_boxes"],
    "image_segmentation": ["logits"],
}


def png(mask: Image.Image) -> str:
    """Encodes a mask as the server does: without filters, so that masks are compared without an image library."""
    rows = b"".join(b"\0" + bytes(mask.crop((0, y, mask.width, y + 1)).getdata()) for y in range(mask.height))
    header = struct.pack(">IIBBBBB", mask.width, mask.height, 8, 0, 0, 0, 0)
    file = b"\x89PNG\r\n\x1a\n"
    for kind, data in [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]:
        file += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return base64.b64encode(file).decode()


class Network:
    """A network whose weights are in `model.safetensors`, with a transform of torchvision for Pillow's pictures."""

    notes: list[str] = []
    processor_settings = None

    def __init__(self, network: torch.nn.Module, transform, folder: str, config: dict, kind: str):
        from safetensors.torch import load_file

        network.load_state_dict(load_file(str(Path(folder, "model.safetensors"))))
        self.kind = kind
        self.outputs = OUTPUTS[kind]
        self.model = Named(network, self.outputs[0]).eval()
        self.transform = transform
        self.is_multi_label = config.get("problem_type") == "multi_label_classification"

    def prepare(self, image: Image.Image) -> torch.Tensor:
        return self.transform(image)[None]

    def answer(self, image: Image.Image) -> dict:
        values = self.model(self.prepare(image))[self.outputs[0]][0]
        if self.kind == "image_embedding":
            return {"embedding": values.tolist()}
        is_sigmoid = self.is_multi_label or len(values) == 1
        return {"scores": (values.sigmoid() if is_sigmoid else values.softmax(-1)).tolist()}


class Timm(Network):
    """A model that timm saved."""

    def __init__(self, folder: str, kind: str):
        import timm

        config = json.loads(Path(folder, "config.json").read_text())
        options = {"num_classes": config.get("num_classes", 1000)} | (config.get("model_args") or {})
        network = timm.create_model(config["architecture"], pretrained=False, **options)
        settings = timm.data.resolve_data_config(pretrained_cfg=config["pretrained_cfg"])
        super().__init__(network, timm.data.create_transform(**settings), folder, config, kind)


class Torchvision(Network):
    """A model of torchvision: config.json names its architecture, and the weights whose transform it was trained with."""

    def __init__(self, folder: str, kind: str):
        import torchvision

        config = json.loads(Path(folder, "config.json").read_text())
        weights = torchvision.models.get_model_weights(config["architecture"])[config["weights"]]
        options = ({"num_classes": config["num_classes"]} if "num_classes" in config else {}) | config.get("model_args", {})
        network = torchvision.models.get_model(config["architecture"], weights=None, **options)
        transform = weights.transforms()
        super().__init__(network, transform, folder, config, kind)
        sizes = {"resize": transform.resize_size[0], "crop": transform.crop_size[0]}
        self.processor_settings = sizes | {
            "interpolation": transform.interpolation.value,
            "mean": list(transform.mean),
            "std": list(transform.std),
            "labels": weights.meta["categories"],
        }


LIBRARIES = {"transformers": Transformers, "timm": Timm, "torchvision": Torchvision}
