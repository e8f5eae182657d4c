"""Trains a multilayer perceptron of Keras that estimates the course of diabetes after a year."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
from gallery import export_keras, folder, seeded_keras, split, write_rows
from sklearn.datasets import load_diabetes

keras = seeded_keras()
train_x, test_x, train_y, test_y = split(load_diabetes(), classes=False)
scaling, course = keras.layers.Normalization(), keras.layers.Rescaling(train_y.std(), train_y.mean())
scaling.adapt(train_x)
model = keras.Sequential([
    keras.Input((10,), name="features"), scaling, keras.layers.Dense(32, activation="relu", kernel_regularizer="l2"),
    keras.layers.Dense(1), course,
])
model.compile(keras.optimizers.Adam(0.003), "mse")
model.fit(train_x, train_y, batch_size=32, epochs=60, verbose=0)
out = folder()
export_keras(model.inputs, {"course": model.outputs[0]}, out / "model")
write_rows(out / "held-out.csv", test_x, test_y)
