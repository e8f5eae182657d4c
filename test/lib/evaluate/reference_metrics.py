"""Writes reference-metrics.json: random data with the metrics that seqeval and pycocotools compute for them.

These packages are not in test/requirements.txt. To write the file again:
    python -m pip install seqeval==1.2.2 pycocotools==2.0.11
    python reference_metrics.py > reference-metrics.json
    npx biome format --write reference-metrics.json
"""

import contextlib
import io
import json

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.scheme import IOB2

CASES = 12


def spans(tags):
    """Returns the entities of well-formed IOB2 tags."""
    found = []
    for index, tag in enumerate(tags):
        if tag.startswith("B-"):
            found.append({"label": tag[2:], "start": index, "end": index + 1})
        elif tag.startswith("I-"):
            found[-1]["end"] = index + 1
    return found


def tags_of(random, tokens):
    tags = []
    while len(tags) < tokens:
        if random.random() < 0.5:
            tags.append("O")
            continue
        label = random.choice(["PER", "LOC", "ORG"])
        tags += [f"B-{label}", *[f"I-{label}"] * int(random.integers(0, 3))]
    return tags[:tokens]


def entities(random):
    expected, predicted = [], []
    for _ in range(int(random.integers(1, 15))):
        tokens = int(random.integers(1, 12))
        own = tags_of(random, tokens)
        expected.append(own)
        predicted.append(own if random.random() < 0.4 else tags_of(random, tokens))
    strict = dict(mode="strict", scheme=IOB2, zero_division=0)
    values = {
        "entity_f1": f1_score(expected, predicted, **strict),
        "entity_f1_macro": f1_score(expected, predicted, average="macro", **strict),
        "entity_precision": precision_score(expected, predicted, **strict),
        "entity_recall": recall_score(expected, predicted, **strict),
    }
    data = dict(expected=[spans(tags) for tags in expected], predicted=[spans(tags) for tags in predicted])
    return data, {name: float(value) for name, value in values.items()}


def box(random):
    left, top = (int(each) for each in random.integers(0, 60, 2))
    width, height = (int(each) for each in random.integers(5, 40, 2))
    return [left, top, left + width, top + height]


def moved(random, corners, most):
    left, top, right, bottom = (value + int(random.integers(-most, most + 1)) for value in corners)
    return [left, top, max(left + 1, right), max(top + 1, bottom)]


def objects(random):
    labels = ["cat", "dog", "bird"]
    pictures = int(random.integers(1, 10))
    expected = [
        [{"label": str(random.choice(labels)), "box": box(random)} for _ in range(int(random.integers(0, 6)))]
        for _ in range(pictures)
    ]
    expected[0].append({"label": "cat", "box": box(random)})
    predicted = []
    for own in expected:
        found = [
            {"label": each["label"], "box": moved(random, each["box"], int(random.integers(0, 6)))}
            for each in own
            if random.random() < 0.8
        ]
        found += [{"label": str(random.choice(labels)), "box": box(random)} for _ in range(int(random.integers(0, 3)))]
        predicted.append([{**each, "score": round(float(random.random()), 1)} for each in found])
    coco = lambda corners: [corners[0], corners[1], corners[2] - corners[0], corners[3] - corners[1]]
    truth = COCO()
    truth.dataset = {
        "info": {},
        "images": [{"id": picture + 1} for picture in range(pictures)],
        "categories": [{"id": index + 1, "name": label} for index, label in enumerate(labels)],
        "annotations": [
            {
                "image_id": picture + 1,
                "category_id": labels.index(each["label"]) + 1,
                "bbox": coco(each["box"]),
                "area": coco(each["box"])[2] * coco(each["box"])[3],
                "iscrowd": 0,
            }
            for picture, own in enumerate(expected)
            for each in own
        ],
    }
    for index, annotation in enumerate(truth.dataset["annotations"]):
        annotation["id"] = index + 1
    truth.createIndex()
    found = [
        {
            "image_id": picture + 1,
            "category_id": labels.index(each["label"]) + 1,
            "bbox": coco(each["box"]),
            "score": each["score"],
        }
        for picture, own in enumerate(predicted)
        for each in own
    ]
    evaluation = COCOeval(truth, truth.loadRes(found), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    stats = evaluation.stats
    values = {"map": stats[0], "map_50": stats[1], "map_75": stats[2], "mar_100": stats[8]}
    return dict(expected=expected, predicted=predicted), {name: float(value) for name, value in values.items()}


def main():
    cases = []
    for seed in range(CASES):
        for kind in (entities, objects):
            with contextlib.redirect_stdout(io.StringIO()):
                data, values = kind(np.random.default_rng([seed, len(kind.__name__)]))
            cases.append({"kind": kind.__name__, "data": data, "values": values})
    print(json.dumps(cases, separators=(",", ":")))


main()
