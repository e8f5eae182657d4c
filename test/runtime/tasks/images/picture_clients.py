"""Calls the server of transformers.test.ts with an unmodified client: python picture_clients.py URL PICTURE…

Prints what it returns for each picture, as JSON.
"""

import base64
import io
import json
import sys

from huggingface_hub import InferenceClient

base, *pictures = sys.argv[1:]
hub = InferenceClient()


def png(mask) -> str:
    buffer = io.BytesIO()
    mask.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def classes(picture: str, **options) -> list:
    found = hub.image_classification(picture, model=f"{base}/models/classification", **options)
    return [[each.label, each.score] for each in found]


def objects(picture: str, **options) -> list:
    found = hub.object_detection(picture, model=f"{base}/models/detection", **options)
    return [
        {"label": each.label, "score": each.score, "box": {side: each.box[side] for side in each.box}} for each in found
    ]


def segments(picture: str) -> list:
    found = hub.image_segmentation(picture, model=f"{base}/models/segmentation")
    return [{"label": each.label, "mask": png(each.mask)} for each in found]


print(
    json.dumps(
        {
            "classes": [classes(picture) for picture in pictures],
            "best": [classes(picture, top_k=1) for picture in pictures],
            "objects": [objects(picture) for picture in pictures],
            "certain": [objects(picture, threshold=0.5) for picture in pictures],
            "segments": [segments(picture) for picture in pictures],
        }
    )
)
