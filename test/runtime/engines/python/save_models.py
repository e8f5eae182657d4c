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

    @tf.function(input_signature=[tf.TensorSpec([None], tf.bfloat16), tf.TensorSpec([None], tf.float16)])
    def halves(self, brain, half):
        return {"brain": brain / 3, "half": half / 3}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="index")])
    def pick(self, index):
        return {"weight": tf.gather(self.weights, index)}


module = Module()
signatures = {"serving_default": module.score, "shout": module.shout, "pick": module.pick, "halves": module.halves}
tf.saved_model.save(module, str(folder / "tf2"), signatures=signatures)
tf.saved_model.save(module, str(folder / "one_name"), signatures={"shout": module.shout})
tf.saved_model.save(module, str(folder / "no_default"), signatures={"shout": module.shout, "pick": module.pick})

with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    x = tf.compat.v1.placeholder(tf.float32, [None, 1])
    half = tf.compat.v1.get_variable("half", initializer=0.5)
    session.run(tf.compat.v1.global_variables_initializer())
    tf.compat.v1.saved_model.simple_save(session, str(folder / "tf1"), {"x": x}, {"y": x * half + 2.0})

# All that the first version had: several signatures and methods, a table that an asset fills, and variables.
(folder / "names.txt").write_text("rose\ntulip\n")
with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    saved_model = tf.compat.v1.saved_model
    index = tf.lookup.TextFileIndex
    names = (str(folder / "names.txt"), tf.string, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER)
    table = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(*names), default_value=-1)
    name = tf.compat.v1.placeholder(tf.string, [None])
    x = tf.compat.v1.placeholder(tf.float32, [None, 2])
    examples = tf.compat.v1.placeholder(tf.string)
    parsed = tf.io.parse_example(tf.reshape(examples, [-1]), {"x": tf.io.FixedLenFeature([2], tf.float32)})["x"]
    weights = tf.compat.v1.get_variable("weights", initializer=[[1.0], [10.0]])

    def score(rows):
        return tf.sigmoid(rows @ weights)

    classes = tf.tile([["no", "yes"]], [tf.shape(parsed)[0], 1])
    scores = tf.concat([1 - score(parsed), score(parsed)], 1)
    session.run([tf.compat.v1.global_variables_initializer(), tf.compat.v1.tables_initializer()])
    definitions = {
        "serving_default": saved_model.predict_signature_def({"x": x}, {"score": score(x)}),
        "look_up": saved_model.predict_signature_def({"name": name}, {"number": table.lookup(name)}),
        "classify": saved_model.classification_signature_def(examples, classes, scores),
        "regress": saved_model.regression_signature_def(examples, tf.squeeze(parsed @ weights, 1)),
    }
    builder = saved_model.Builder(str(folder / "tf1_builder"))
    builder.add_meta_graph_and_variables(
        session,
        [saved_model.SERVING],
        signature_def_map=definitions,
        assets_collection=tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.ASSET_FILEPATHS),
        main_op=tf.compat.v1.tables_initializer(),
    )
    builder.save()
(folder / "names.txt").unlink()
feature = tf.train.Feature(float_list=tf.train.FloatList(value=[0.25, 0.5]))
example = tf.train.Example(features=tf.train.Features(feature={"x": feature}))
(folder / "example.bin").write_bytes(example.SerializeToString())

with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    text = tf.compat.v1.placeholder(tf.string)
    number = tf.compat.v1.placeholder(tf.float32)
    length = tf.reshape(tf.strings.length(text), [-1])
    signature_of = tf.compat.v1.saved_model.signature_def_utils.predict_signature_def
    builder = tf.compat.v1.saved_model.Builder(str(folder / "no_rank"))
    signatures = {
        "serving_default": signature_of({"text": text}, {"length": length}),
        "odd": signature_of({"number": number}, {"double": number * 2}),
        "sparse": signature_of(
            {"table": tf.compat.v1.sparse_placeholder(tf.float32, [2, 2])}, {"double": number * 2}
        ),
    }
    builder.add_meta_graph_and_variables(session, ["serve"], signature_def_map=signatures)
    builder.save()

rows = [[1.0, 2.0], [-3.0, 0.25]]
expected = tf.saved_model.load(str(folder / "tf2")).signatures["serving_default"](tf.constant(rows))
(folder / "expected.json").write_text(json.dumps({"rows": rows, "score": expected["score"].numpy().ravel().tolist()}))
