"""Trains a GRU of Keras that forecasts the next hour's demand from the last two days. The series is made here."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import numpy as np
from gallery import SEED, export_keras, folder, seeded_keras, write_json_rows

keras = seeded_keras()
HOURS, STEPS = 24 * 7 * 20, 48
random = np.random.default_rng(SEED)
hours = np.arange(HOURS)
temperature = 10 + 8 * np.sin(2 * np.pi * hours / 24 + 1) + np.cumsum(random.normal(0, 0.15, HOURS))
# Demand grows with the cold and doubles its peaks, which a linear model of the last hours cannot follow.
daily = np.maximum(0, np.sin(2 * np.pi * hours / 24))
demand = 100 + 30 * daily * np.maximum(0, 18 - temperature) / 10 + random.normal(0, 2, HOURS)
series = np.stack([demand, temperature], 1).round(2).astype(np.float32)
rows = np.lib.stride_tricks.sliding_window_view(series[:-1], STEPS, axis=0).transpose(0, 2, 1)
labels = series[STEPS:, 0]
# The last fortnight is later than all that the model has seen.
held_out = 24 * 14
train_x, train_y = rows[: -held_out - STEPS], labels[: -held_out - STEPS]
scaling = keras.layers.Normalization()
scaling.adapt(train_x)
model = keras.Sequential([
    keras.Input((STEPS, 2), name="readings"), scaling, keras.layers.GRU(16), keras.layers.Dense(1),
    keras.layers.Rescaling(train_y.std(), train_y.mean()),
])
model.compile(keras.optimizers.Adam(0.01), "mse")
model.fit(train_x, train_y, batch_size=64, epochs=6, verbose=0)
out = folder()
export_keras(model.inputs, {"demand": model.outputs[0]}, out / "model")
write_json_rows(out / "held-out.jsonl", {"readings": rows[-held_out:], "label": labels[-held_out:]})
