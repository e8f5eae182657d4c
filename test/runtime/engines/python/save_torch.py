"""Saves modules of PyTorch in each of its formats to the folder given, and what they answer there."""

import json
import os
import pathlib
import pickle
import sys
import zipfile

import torch

from torch_modules import Branches, Clash, Classifier, Embedder, Halves, Nested, OneRow, Pair

folder = pathlib.Path(sys.argv[1])
torch.manual_seed(0)
batch = torch.export.Dim("batch")

classifier = Classifier().train()
rows = torch.tensor([[0.5, -1.0, 2.0, 0.0], [3.0, 0.25, -0.125, 1.0], [0.0, 0.0, 0.0, 0.0]])
with torch.inference_mode():
    scores = Classifier.eval(classifier)(rows)
torch.jit.script(classifier.train()).save(folder / "scripted.pt")
torch.save(classifier, folder / "whole.pt")
torch.save(classifier, folder / "whole_legacy.pt", _use_new_zipfile_serialization=False)
torch.save(classifier.state_dict(), folder / "weights.pt")
torch.save([classifier], folder / "list.pt")
classifier.eval()
torch.jit.trace(classifier, rows[:1]).save(folder / "traced.pt")
torch.export.save(torch.export.export(classifier, (rows,), dynamic_shapes=({0: batch},)), folder / "classifier.pt2")
torch.export.save(torch.export.export(classifier, (rows,)), folder / "fixed.pt2")

pair = Pair()
ids = torch.tensor([[1, 2], [3, 4]])
weights = torch.tensor([0.5, 2.0])
shapes = {"ids": {0: torch.export.Dim("rows", max=8)}, "weights": {0: torch.export.Dim.AUTO}, "scale": None}
exported = torch.export.export(pair, (ids,), {"weights": weights, "scale": 2}, dynamic_shapes=shapes)
torch.export.save(exported, folder / "pair.pt2")
torch.jit.script(Branches()).save(folder / "branches.pt")
torch.jit.trace(Embedder(), torch.zeros(1, dtype=torch.int64)).save(folder / "embedder.pt")

torch.save(Nested(), folder / "nested.pt")
torch.save(Clash(), folder / "clash.pt")
torch.jit.trace(OneRow(), torch.zeros(1, 2)).save(folder / "one_row.pt")

brain = torch.zeros(2, 3, dtype=torch.bfloat16)
torch.export.save(torch.export.export(Halves(), (brain,), dynamic_shapes=({0: batch},)), folder / "bf16.pt2")
torch.jit.trace(Halves(), torch.zeros(2, 3, dtype=torch.float16)).save(folder / "fp16.pt")


class Code:
    """What runs a command when it is unpickled."""

    def __reduce__(self):
        return os.system, (f"touch {folder}/code_ran",)


def with_code(name, copy, member, code):
    with zipfile.ZipFile(folder / name) as source, zipfile.ZipFile(folder / copy, "w") as out:
        for each in source.namelist():
            out.writestr(each, code if each.endswith(member) else source.read(each))


with_code("scripted.pt", "code_in_data.pt", "/data.pkl", pickle.dumps(Code(), 2))
with_code("traced.pt", "code_in_inputs.pt", "/traced_inputs.pkl", pickle.dumps(Code(), 2))

(folder / "expected.json").write_text(json.dumps({"rows": rows.tolist(), "scores": scores.tolist()}))
