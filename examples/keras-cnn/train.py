"""Trains a convolutional network of Keras that reads handwritten digits of 8×8 pixels."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
from gallery import export_keras, folder, pixels, seeded_keras, write_json_rows

keras = seeded_keras()
train_x, test_x, train_y, test_y = pixels()
pictures, held_out = (rows.reshape(-1, 8, 8, 1) for rows in (train_x, test_x))
layers = keras.layers
model = keras.Sequential([
    keras.Input((8, 8, 1), name="picture"), layers.Conv2D(16, 3, padding="same", activation="relu"), layers.MaxPooling2D(),
    layers.Conv2D(32, 3, padding="same", activation="relu"), layers.Flatten(), layers.Dropout(0.3),
    layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(pictures, train_y, batch_size=32, epochs=30, verbose=0)
out = folder()
export_keras(model.inputs, {"probabilities": model.outputs[0]}, out / "model")
write_json_rows(out / "held-out.jsonl", {"picture": held_out, "label": test_y})
