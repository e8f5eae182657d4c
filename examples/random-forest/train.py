"""Trains a random forest that tells benign and malignant tumours apart by measurements of cells."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import joblib
from gallery import SEED, folder, split, write_rows
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

train_x, test_x, train_y, test_y = split(load_breast_cancer())
out = folder()
joblib.dump(RandomForestClassifier(100, random_state=SEED).fit(train_x, train_y), out / "model.joblib", compress=3)
write_rows(out / "held-out.csv", test_x, test_y)
