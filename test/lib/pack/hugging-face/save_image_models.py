"""Saves small image models with random weights as transformers does, with ONNX beside them, and what its pipelines answer.

python save_image_models.py FOLDER
"""

import base64
import importlib
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
import transformers  # noqa: E402
from PIL import Image  # noqa: E402

torch.manual_seed(18)
root = Path(sys.argv[1])
coarse = np.random.default_rng(18).integers(0, 256, (9, 12, 3)).astype(np.uint8)
Image.fromarray(coarse).resize((120, 90), Image.BICUBIC).save(root / "picture.png")
picture = Image.open(root / "picture.png").convert("RGB")

LABELS = ["cat", "dog", "fish"]
shared = {"id2label": dict(enumerate(LABELS)), "label2id": {label: index for index, label in enumerate(LABELS)}}
small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
tiny = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
square = {"size": {"height": 32, "width": 32}}
resnet = transformers.ResNetConfig(
    embedding_size=8, hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], layer_type="basic", out_features=["stage4"]
)
detr = {
    "use_timm_backbone": False, "use_pretrained_backbone": False, "backbone": None, "backbone_config": resnet,
    "d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
    "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "num_queries": 12,
}  # fmt: skip
yolos = {"image_size": [64, 96], "patch_size": 16, "num_detection_tokens": 12, "use_mid_position_embeddings": False}

# Name of the processor, class and configuration of the model, and settings of the processor.
MODELS = {
    "vit": ("ViT", "ViTForImageClassification", transformers.ViTConfig(image_size=32, patch_size=8, **small), square),
    "deit": (
        "DeiT",
        "DeiTForImageClassification",
        transformers.DeiTConfig(image_size=32, patch_size=8, **small),
        {"size": {"height": 40, "width": 40}, "crop_size": {"height": 32, "width": 32}},
    ),
    "convnext": (
        "ConvNext",
        "ConvNextForImageClassification",
        transformers.ConvNextConfig(hidden_sizes=[8, 16], depths=[1, 1], num_stages=2),
        {"size": {"shortest_edge": 32}},
    ),
    "vit-features": ("ViT", "ViTModel", transformers.ViTConfig(image_size=32, patch_size=8, **small), square),
    "dinov2-features": (
        "Bit",
        "Dinov2Model",
        transformers.Dinov2Config(image_size=32, patch_size=8, hidden_size=32, num_hidden_layers=1, num_attention_heads=2),
        {"size": {"shortest_edge": 40}, "crop_size": {"height": 32, "width": 32}},
    ),
    "clip-features": (
        "CLIP",
        "CLIPVisionModelWithProjection",
        transformers.CLIPVisionConfig(image_size=32, patch_size=8, projection_dim=24, **small),
        {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}},
    ),
    "yolos": (
        "Yolos",
        "YolosForObjectDetection",
        transformers.YolosConfig(**tiny, **yolos),
        {"size": {"height": 64, "width": 96}, "do_pad": False},
    ),
    "detr": (
        "Detr",
        "DetrForObjectDetection",
        transformers.DetrConfig(**detr),
        {"size": {"shortest_edge": 64, "longest_edge": 120}},
    ),
    "conditional-detr": (
        "ConditionalDetr",
        "ConditionalDetrForObjectDetection",
        transformers.ConditionalDetrConfig(**detr),
        {"size": {"shortest_edge": 64, "longest_edge": 120}},
    ),
    "segformer": (
        "Segformer",
        "SegformerForSemanticSegmentation",
        transformers.SegformerConfig(
            hidden_sizes=[8] * 4, depths=[1] * 4, decoder_hidden_size=8, num_attention_heads=[1] * 4
        ),
        {"size": {"height": 64, "width": 64}},
    ),
    "beit": (
        "Beit",
        "BeitForSemanticSegmentation",
        transformers.BeitConfig(
            image_size=32, patch_size=8, hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=16,
            out_indices=[1, 2, 3, 4], use_auxiliary_head=False, pool_scales=[1, 2],
        ),
        {**square, "do_center_crop": False},
    ),
    "mobilevit": (
        "MobileViT",
        "MobileViTForSemanticSegmentation",
        transformers.MobileViTConfig(
            image_size=64, hidden_sizes=[16, 16, 16], neck_hidden_sizes=[8, 8, 8, 16, 16, 16, 16], num_attention_heads=2,
            aspp_out_channels=16, atrous_rates=[1, 2, 3],
        ),
        {"size": {"shortest_edge": 72}, "crop_size": {"height": 64, "width": 64}},
    ),
}  # fmt: skip
MODULES = {"ConditionalDetr": "conditional_detr"}
OUTPUTS = {
    "ForImageClassification": ["logits"],
    "ForObjectDetection": ["logits", "pred_boxes"],
    "ForSemanticSegmentation": ["logits"],
    "WithProjection": ["image_embeds"],
    "Model": ["last_hidden_state", "pooler_output"],
}


def spread(model: torch.nn.Module) -> None:
    """Scales the weights, so that the answers of random weights differ between pictures."""
    for name, parameter in model.named_parameters():
        if "norm" not in name and parameter.dim() > 1:
            parameter.mul_(4)
        # Classes of boxes must be sure enough to be reported.
        if "class_labels_classifier" in name:
            parameter.mul_(4 if parameter.dim() > 1 else 0)
        if "query_position_embeddings" in name:
            parameter.normal_(std=8)
    for name, module in model.named_modules():
        if name.endswith("vit.embeddings") and hasattr(module, "detection_tokens"):
            module.detection_tokens.normal_(std=2)
            module.position_embeddings.normal_(std=2)


def png(mask: Image.Image) -> str:
    buffer = io.BytesIO()
    mask.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def answer(kind: str, model, processor):
    if kind.endswith(("Model", "WithProjection")):
        found = model(**processor(images=picture, return_tensors="pt"))
        return (found.image_embeds if "image_embeds" in found else found.pooler_output)[0].tolist()
    if kind.endswith("ForImageClassification"):
        found = transformers.pipeline("image-classification", model=model, image_processor=processor)(picture)
        scores = {each["label"]: each["score"] for each in found}
        return [scores[label] for label in LABELS]
    if kind.endswith("ForObjectDetection"):
        found = transformers.pipeline("object-detection", model=model, image_processor=processor)(picture)
        return sorted(found, key=lambda each: -each["score"])
    found = transformers.pipeline("image-segmentation", model=model, image_processor=processor)(picture, subtask="semantic")
    return [each | {"mask": png(each["mask"])} for each in found]


expected = {}
with torch.no_grad():
    for folder, (name, kind, config, settings) in MODELS.items():
        module = MODULES.get(name, name.lower())
        module = importlib.import_module(f"transformers.models.{module}.image_processing_pil_{module}")
        processor = getattr(module, f"{name}ImageProcessorPil")(**settings)
        config._attn_implementation = "eager"
        config.id2label, config.label2id = shared["id2label"], shared["label2id"]
        model = getattr(transformers, kind)(config).eval()
        if "Segmentation" in kind or "Detection" in kind:
            spread(model)
        model.save_pretrained(root / folder)
        processor.save_pretrained(root / folder)
        outputs = next(outputs for ending, outputs in OUTPUTS.items() if kind.endswith(ending))

        class Traced(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.model = model

            def forward(self, values):
                found = self.model(values)
                return tuple(found[name] for name in outputs)

        values = processor(images=picture, return_tensors="pt")["pixel_values"]
        is_single = "Detection" in kind or "Segmentation" in kind
        batch = {} if is_single else {name: {0: "batch"} for name in ["pixel_values", *outputs]}
        torch.onnx.export(
            Traced().eval(), (values if is_single else torch.cat([values, values]),),
            str(root / folder / "model.onnx"), dynamo=False, opset_version=17,
            input_names=["pixel_values"], output_names=outputs, dynamic_axes=batch,
        )  # fmt: skip
        expected[folder] = answer(kind, model, processor)

(root / "expected.json").write_text(json.dumps(expected))
