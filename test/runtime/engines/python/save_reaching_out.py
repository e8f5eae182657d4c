"""Saves to the folder given models of formats that need no trust, which nevertheless read and write files."""

import json
import pathlib
import sys

import tensorflow as tf
import torch

folder = pathlib.Path(sys.argv[1])


class Files(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([], tf.string, name="path")])
    def read(self, path):
        return {"content": tf.io.read_file(path)}

    @tf.function(input_signature=[tf.TensorSpec([], tf.string, name="path")])
    def write(self, path):
        with tf.control_dependencies([tf.io.write_file(path, "written")]):
            return {"path": tf.identity(path)}


files = Files()
tf.saved_model.save(files, str(folder / "files"), signatures={"serving_default": files.read, "write": files.write})


class Reader(torch.nn.Module):
    def forward(self, x: torch.Tensor):
        return torch.from_file("/etc/passwd", False, 4, dtype=torch.uint8).to(torch.float32) + x


torch.jit.script(Reader()).save(str(folder / "reader.pt"))
(folder / "expected.json").write_text(json.dumps({}))
