"""Trains boosted trees of XGBoost that estimate the course of diabetes after a year."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import xgboost
from gallery import SEED, folder, split, write_rows
from sklearn.datasets import load_diabetes

train_x, test_x, train_y, test_y = split(load_diabetes(), classes=False)
out = folder()
options = {"objective": "reg:squarederror", "max_depth": 2, "eta": 0.1, "seed": SEED, "nthread": 1}
xgboost.train(options, xgboost.DMatrix(train_x, train_y), 60).save_model(out / "model.ubj")
write_rows(out / "held-out.csv", test_x, test_y)
