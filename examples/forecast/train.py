"""Trains a forecast of the next hour's demand from the last 24 hours. The series is made here: a trend, days, weeks, noise."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import joblib
import numpy as np
from gallery import SEED, folder, write_rows
from sklearn.linear_model import Ridge

HOURS, LAGS = 24 * 7 * 12, 24
hours = np.arange(HOURS)
noise = np.random.default_rng(SEED).normal(0, 3, HOURS)
demand = 100 + 0.01 * hours + 20 * np.sin(2 * np.pi * hours / 24) + 10 * np.sin(2 * np.pi * hours / 168) + noise
windows = np.lib.stride_tricks.sliding_window_view(demand, LAGS + 1)
rows, labels = windows[:, :-1], windows[:, -1]
# The last fortnight is later than all that the model has seen.
cut = len(rows) - 24 * 14
out = folder()
joblib.dump(Ridge(1.0).fit(rows[: cut - LAGS], labels[: cut - LAGS]), out / "model.joblib")
write_rows(out / "held-out.csv", rows[cut:], labels[cut:].round(6))
