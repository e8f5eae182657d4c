"""Writes small image models, and what the pipelines of Transformers answer with them: python transformers_cases.py FOLDER

FOLDER/KIND.onnx is the model of a kind, FOLDER/photo*.jpg are pictures, FOLDER/cases.json holds the answers.
"""

import base64
import io
import json
import os
import sys
import warnings
from pathlib import Path

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402
from transformers import (  # noqa: E402
    SegformerConfig,
    SegformerForSemanticSegmentation,
    ViTConfig,
    ViTForImageClassification,
    YolosConfig,
    YolosForObjectDetection,
    pipeline,
)
from transformers.models.segformer.image_processing_pil_segformer import SegformerImageProcessorPil  # noqa: E402
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil  # noqa: E402
from transformers.models.yolos.image_processing_pil_yolos import YolosImageProcessorPil  # noqa: E402

folder = Path(sys.argv[1])
torch.manual_seed(18)
random = np.random.default_rng(18)
SIZE = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "patch_size": 16}
LABELS = {index: name for index, name in enumerate(["cat", "dog", "bird", "fish"])}


def write(kind: str, model: torch.nn.Module, shape: list[int], outputs: list[str], dynamic: bool = False) -> None:
    class Tensors(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, pixel_values):
            return tuple(self.model(pixel_values)[name] for name in outputs)

    torch.onnx.export(
        Tensors(),
        (torch.rand(shape),),
        folder / f"{kind}.onnx",
        input_names=["pixel_values"],
        output_names=outputs,
        dynamic_axes={name: {0: "batch"} for name in ["pixel_values", *outputs]} if dynamic else None,
        dynamo=False,
    )


def sharpened(model: torch.nn.Module) -> torch.nn.Module:
    """Scales the weights, so that the answers of random weights differ between pictures."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" not in name and parameter.dim() > 1:
                parameter.mul_(8)
    return model.eval()


photos = []
for index, (width, height) in enumerate([(150, 110), (64, 200), (97, 33)]):
    coarse = random.integers(0, 256, (height // 12 + 2, width // 12 + 2, 3)).astype(np.uint8)
    photo = folder / f"photo{index}.jpg"
    Image.fromarray(coarse).resize((width, height), Image.BICUBIC).save(photo, quality=90)
    photos.append(str(photo))

cases = {"photos": [Path(photo).name for photo in photos]}

with torch.no_grad():
    vit = sharpened(ViTForImageClassification(ViTConfig(**SIZE, image_size=32, id2label=LABELS)))
    processor = ViTImageProcessorPil(size={"height": 32, "width": 32})
    cases["classification"] = pipeline("image-classification", model=vit, image_processor=processor)(photos, top_k=4)
    write("classification", vit, [2, 3, 32, 32], ["logits"], dynamic=True)
    features = pipeline("image-feature-extraction", model=vit.vit, image_processor=processor)(photos)
    cases["features"] = [feature[0][0] for feature in features]
    write("features", vit.vit, [2, 3, 32, 32], ["last_hidden_state"], dynamic=True)

    yolos = sharpened(
        YolosForObjectDetection(
            YolosConfig(
                **SIZE,
                image_size=[64, 96],
                num_detection_tokens=12,
                id2label=LABELS,
                use_mid_position_embeddings=False,
            )
        )
    )
    for name in ("detection_tokens", "position_embeddings"):
        yolos.vit.embeddings.get_parameter(name).normal_(std=2)
    processor = YolosImageProcessorPil(size={"height": 64, "width": 96}, do_pad=False)
    detector = pipeline("object-detection", model=yolos, image_processor=processor)
    cases["detection"] = [detector(photo, threshold=0.2) for photo in photos]
    write("detection", yolos, [1, 3, 64, 96], ["logits", "pred_boxes"])

    segformer = sharpened(
        SegformerForSemanticSegmentation(
            SegformerConfig(
                hidden_sizes=[8] * 4, depths=[1] * 4, decoder_hidden_size=8, num_attention_heads=[1] * 4, id2label=LABELS
            )
        )
    )
    processor = SegformerImageProcessorPil(size={"height": 64, "width": 64})
    segmenter = pipeline("image-segmentation", model=segformer, image_processor=processor)


    def png(mask: Image.Image) -> str:
        buffer = io.BytesIO()
        mask.save(buffer, "PNG")
        return base64.b64encode(buffer.getvalue()).decode()

    cases["segmentation"] = [
        [{"label": segment["label"], "mask": png(segment["mask"])} for segment in segmenter(photo)] for photo in photos
    ]
    write("segmentation", segformer, [1, 3, 64, 64], ["logits"])

(folder / "cases.json").write_text(json.dumps(cases))
