"""Saves a SavedModel of TF2 and one of TF1 to the folder given, and what the first answers in TensorFlow itself."""

import json
import pathlib
import sys

import tensorflow as tf

folder = pathlib.Path(sys.argv[1])


class Module(tf.Module):
    def __init__(self):
        super().__init__()
        self.weights = tf.Variable([[0.1], [0.7]])

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="x")])
    def score(self, x):
        return {"score": tf.sigmoid(x @ self.weights), "row": tf.range(tf.shape(x)[0])}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def shout(self, text):
        return {"loud": tf.strings.upper(text)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="index")])
    def pick(self, index):
        return {"weight": tf.gather(self.weights, index)}


module = Module()
signatures = {"serving_default": module.score, "shout": module.shout, "pick": module.pick}
tf.saved_model.save(module, str(folder / "tf2"), signatures=signatures)
tf.saved_model.save(module, str(folder / "no_default"), signatures={"shout": module.shout})

with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    x = tf.compat.v1.placeholder(tf.float32, [None, 1])
    half = tf.compat.v1.get_variable("half", initializer=0.5)
    session.run(tf.compat.v1.global_variables_initializer())
    tf.compat.v1.saved_model.simple_save(session, str(folder / "tf1"), {"x": x}, {"y": x * half + 2.0})

with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    text = tf.compat.v1.placeholder(tf.string)
    number = tf.compat.v1.placeholder(tf.float32)
    length = tf.reshape(tf.strings.length(text), [-1])
    signature_of = tf.compat.v1.saved_model.signature_def_utils.predict_signature_def
    builder = tf.compat.v1.saved_model.Builder(str(folder / "no_rank"))
    signatures = {
        "serving_default": signature_of({"text": text}, {"length": length}),
        "odd": signature_of({"number": number}, {"double": number * 2}),
    }
    builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map=signatures)
    builder.save()

rows = [[1.0, 2.0], [-3.0, 0.25]]
expected = tf.saved_model.load(str(folder / "tf2")).signatures["serving_default"](tf.constant(rows))
(folder / "expected.json").write_text(json.dumps({"rows": rows, "score": expected["score"].numpy().ravel().tolist()}))
