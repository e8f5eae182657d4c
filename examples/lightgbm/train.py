"""Trains boosted trees of LightGBM that tell three growers of wine apart by chemical analyses."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import lightgbm
from gallery import SEED, folder, split, write_rows
from sklearn.datasets import load_wine

train_x, test_x, train_y, test_y = split(load_wine())
out = folder()
options = {"objective": "multiclass", "num_class": 3, "min_data_in_leaf": 5, "seed": SEED, "num_threads": 1, "verbose": -1}
lightgbm.train(options, lightgbm.Dataset(train_x, train_y), 50).save_model(out / "model.txt")
write_rows(out / "held-out.csv", test_x, test_y)
