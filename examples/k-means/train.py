"""Finds three clusters of iris flowers without their names."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import joblib
from gallery import SEED, folder, split, write_rows
from sklearn.cluster import KMeans
from sklearn.datasets import load_iris

train_x, test_x, _, test_y = split(load_iris())
out = folder()
joblib.dump(KMeans(3, n_init=10, random_state=SEED).fit(train_x), out / "model.joblib")
write_rows(out / "held-out.csv", test_x, test_y)
