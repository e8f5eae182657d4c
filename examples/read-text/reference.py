"""Writes what RapidOCR reads in `pictures/` with the same ONNX files to `expected.json`.

pip install rapidocr==3.10.0 opencv-python-headless==5.0.0.93 onnxruntime==1.30.0
python reference.py FOLDER   # the folder that models.mjs wrote
"""

import json
import pathlib
import sys

from rapidocr import RapidOCR

here = pathlib.Path(__file__).parent
models = pathlib.Path(sys.argv[1])
engine = RapidOCR(
    params={
        "Global.log_level": "error",
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "Det.model_path": str(models / "ch_PP-OCRv4_det_infer.onnx"),
        "Cls.model_path": str(models / "ch_ppocr_mobile_v2.0_cls_infer.onnx"),
        "Rec.model_path": str(models / "ch_PP-OCRv4_rec_infer.onnx"),
        "Rec.rec_keys_path": str(models / "ppocr_keys_v1.txt"),
    }
)
expected = {}
for path in sorted((here / "pictures").iterdir()):
    result = engine(str(path))
    lines = [] if result.txts is None else zip(result.txts, result.scores, result.boxes, strict=True)
    expected[path.name] = [
        {"text": text, "score": round(float(score), 5), "polygon": [[float(x), float(y)] for x, y in box]}
        for text, score, box in lines
    ]
lines = [f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in expected.items()]
(here / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
