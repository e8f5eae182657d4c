"""Writes, into the folder given, a file of each kind that the format detection has to tell apart."""

import bz2
import gzip
import json
import pickle
import sys
import zipfile
import zlib
from pathlib import Path

import joblib
import numpy as np
from sklearn.linear_model import LogisticRegression

folder = Path(sys.argv[1])
model = LogisticRegression().fit(np.array([[0.0], [1.0]]), [0, 1])

for protocol in (2, 3, 4, 5):
    (folder / f"protocol-{protocol}.pkl").write_bytes(pickle.dumps(model, protocol=protocol))
joblib.dump(model, folder / "plain.joblib")
joblib.dump(model, folder / "zlib.joblib", compress=("zlib", 3))
joblib.dump(model, folder / "gzip.joblib", compress=("gzip", 3))
joblib.dump(model, folder / "bz2.joblib", compress=("bz2", 3))
joblib.dump(model, folder / "xz.joblib", compress=("xz", 3))
(folder / "text.gz").write_bytes(gzip.compress(b"not a pickle"))
np.save(folder / "array.npy", np.zeros(3))
np.savez(folder / "arrays.npz", item_factors=np.zeros((2, 3)))


def archive(name, *members, comment=b""):
    with zipfile.ZipFile(folder / name, "w") as out:
        for member in members:
            out.writestr(member, b"content")
        out.comment = comment


# The members that PyTorch's own writers give; its own files are told apart in the tests of its engine.
archive("scripted.pt", "net/data.pkl", "net/code/__torch__.py", "net/constants.pkl", "net/version")
archive("saved.pt", "net/data.pkl", "net/data/0", "net/version", comment=b"a comment at the end")
archive("exported-2.7.pt2", "serialized_exported_program.json", "serialized_state_dict.pt", "version")
archive("exported-2.9.pt2", "net/archive_format", "net/models/model.json", "net/data/weights/weight_0")
archive("model.keras", "metadata.json", "config.json", "model.weights.h5")
archive("saved_model.zip", "net/saved_model.pb", "net/variables/variables.index")
archive("compiled.pt2", "net/archive_format", "net/data/aotinductor/model/net.wrapper.so")
archive("model.mar", "MAR-INF/MANIFEST.json", "net.pt", "handler.py")
archive("model.skops", "1400.npy", "schema.json")
archive("other.zip", "readme.txt")

(folder / "safe.safetensors").write_bytes((40).to_bytes(8, "little") + b'{"weight":{"dtype":"F32"}}'.ljust(44))
(folder / "model.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(64))
(folder / "model.tflite").write_bytes(bytes([28, 0, 0, 0]) + b"TFL3" + bytes(64))
(folder / "model.gguf").write_bytes(b"GGUF" + bytes(64))
(folder / "booster.json").write_text(json.dumps({"learner": {}, "version": [3, 2, 0]}))
(folder / "trees.json").write_text(json.dumps({"trees": []}))
(folder / "trees.cbm").write_bytes(b"CBM1" + bytes(12))
(folder / "notes.txt").write_text("these are notes")
(folder / "empty.onnx").write_bytes(b"")
(folder / "zero.onnx").write_bytes(bytes(512))
