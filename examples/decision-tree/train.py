"""Trains a decision tree that tells three growers of wine apart by chemical analyses."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import joblib
from gallery import SEED, folder, split, write_rows
from sklearn.datasets import load_wine
from sklearn.tree import DecisionTreeClassifier

train_x, test_x, train_y, test_y = split(load_wine())
out = folder()
joblib.dump(DecisionTreeClassifier(max_depth=4, random_state=SEED).fit(train_x, train_y), out / "model.joblib")
write_rows(out / "held-out.csv", test_x, test_y)
