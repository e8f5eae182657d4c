"""Writes what OpenCV, Clipper and RapidOCR make of random pictures, points and maps to opencv.jsonl beside this file.

pip install rapidocr==3.10.0 opencv-python-headless==5.0.0.93 pyclipper==1.4.0 shapely==2.2.0
"""

import base64
import json
import pathlib

import cv2
import numpy as np
from rapidocr.ch_ppocr_det.utils import DBPostProcess
from rapidocr.utils.process_img import get_rotate_crop_image
from shapely.geometry import Polygon

random = np.random.default_rng(7)
lines = DBPostProcess(0.3, 0.5, 1000, 1.6, "fast", True)


def text(values):
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def picture(values):
    height, width = values.shape[:2]
    return {"height": height, "width": width, "data": text(values)}


resizes = []
for index in range(12):
    height, width, new_height, new_width = (int(size) for size in random.integers(1, 40, 4))
    if index % 6 == 0:
        height, width = 2 * new_height, 2 * new_width
    source = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    resizes.append({"from": picture(source), "to": picture(cv2.resize(source, (new_width, new_height)))})

cuts = []
for index in range(12):
    source = random.integers(0, 256, (40, 60, 3), dtype=np.uint8)
    corners = np.array([[6, 8], [50, 8], [50, 26], [6, 26]])
    if index == 1:
        corners = np.array([[10, 2], [22, 3], [21, 36], [9, 35]])
    elif index > 1:
        corners = corners + random.integers(-6, 12, (4, 2))
    cut = get_rotate_crop_image(source, corners.astype(np.float32))
    cuts.append({"from": picture(source), "corners": corners.tolist(), "to": picture(cut)})

rectangles = []
for _ in range(40):
    angle = random.uniform(-0.6, 0.6)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    box = random.integers(8, 200) * np.array([[0, 0], [1, 0], [1, 0], [0, 0]]) + random.integers(6, 40) * np.array(
        [[0, 0], [0, 0], [0, 1], [0, 1]]
    )
    box = (box @ turn + 100).astype(np.float32)
    polygon = Polygon(box)
    around = lines.unclip(box).reshape(-1, 2)
    rectangle, short_side = lines.get_mini_boxes(around.reshape(-1, 1, 2))
    rectangles.append(
        {
            "corners": box.astype(int).tolist(),
            "distance": polygon.area * 1.6 / polygon.length,
            "around": around.tolist(),
            "rectangle": rectangle.tolist(),
            "shortSide": float(short_side),
        }
    )

maps = []
for _ in range(20):
    height, width = (int(size) for size in random.integers(20, 70, 2))
    noise = cv2.GaussianBlur(random.random((height, width)).astype(np.float32), (0, 0), float(random.uniform(1, 4)))
    noise = (noise - noise.min()) / (noise.max() - noise.min())
    values = np.where(noise > 0.5, noise, noise * 0.6).astype(np.float32)
    mask = ((values > 0.3) * 255).astype(np.uint8)
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    hulls = [sorted(cv2.convexHull(contour).reshape(-1, 2).tolist()) for contour in contours]
    boxes, _ = lines(values[None, None], (height * 2, width * 2))
    # The mean inside a slanted rectangle depends on how its sides are drawn, which is not the same in both programs.
    near = [DBPostProcess(0.3, limit, 1000, 1.6, "fast", True)(values[None, None], (height * 2, width * 2)) for limit in (0.48, 0.52)]
    if len({len(found) for found, _ in near}) > 1:
        continue
    maps.append(
        {
            "height": height,
            "width": width,
            "data": text(values),
            "hulls": sorted(hulls),
            "boxes": [[[int(x), int(y)] for x, y in box] for box in boxes],
        }
    )

path = pathlib.Path(__file__).parent / "opencv.jsonl"
with path.open("w", encoding="utf-8") as file:
    for kind, cases in {"resizes": resizes, "cuts": cuts, "rectangles": rectangles, "maps": maps}.items():
        print(json.dumps({kind: cases}, separators=(",", ":")), file=file)
