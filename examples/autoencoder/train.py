"""Trains an autoencoder of Keras on normal heartbeats, which reports others as anomalies. The heartbeats are made here."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import numpy as np
from gallery import SEED, export_keras, folder, seeded_keras, write_rows

keras = seeded_keras()
STEPS, NORMAL, OTHERS = 64, 2400, 400
random = np.random.default_rng(SEED)
time = np.linspace(0, 1, STEPS)


def wave(center, width, height, count):
    """A wave of the heart: its middle, width and height differ a little in each beat."""
    middle, wide, high = (value * random.normal(1, spread, (count, 1))
                          for value, spread in ((center, 0.02), (width, 0.08), (height, 0.08)))
    return high * np.exp(-(((time - middle) / wide) ** 2))


def beats(count, t_height=0.3):
    beat = wave(0.2, 0.04, 0.15, count) + wave(0.4, 0.015, 1, count) + wave(0.7, 0.06, t_height, count)
    return beat + random.normal(0, 0.03, (count, STEPS))


normal = beats(NORMAL)
# An inverted or a missing wave, and extra beats.
inverted, missing, extra = beats(OTHERS // 4, -0.2), beats(OTHERS // 4, 0), beats(OTHERS // 2)
extra += wave(0.85, 0.03, 0.8, OTHERS // 2)
rows = np.vstack([normal, inverted, missing, extra]).round(4).astype(np.float32)
labels = np.repeat([0, 1], [NORMAL, OTHERS])

train, held_out = rows[: NORMAL - OTHERS], slice(NORMAL - OTHERS, None)
beat = keras.Input((STEPS,), name="beat")
code = keras.layers.Dense(8, activation="relu")(keras.layers.Dense(32, activation="relu")(beat))
rebuilt = keras.layers.Dense(STEPS)(keras.layers.Dense(32, activation="relu")(code))
autoencoder = keras.Model(beat, rebuilt)
autoencoder.compile(keras.optimizers.Adam(0.003), "mse")
autoencoder.fit(train, train, batch_size=32, epochs=25, verbose=0)
# One of 100 normal beats is reported.
limit = np.quantile(np.mean((autoencoder.predict(train, verbose=0) - train) ** 2, 1), 0.99)
error = keras.ops.mean(keras.ops.square(rebuilt - beat), axis=1)
anomaly = keras.ops.cast(error > float(limit), "int64")
out = folder()
export_keras(beat, {"anomaly": anomaly, "error": error}, out / "model")
write_rows(out / "held-out.csv", rows[held_out], labels[held_out])
