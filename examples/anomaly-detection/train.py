"""Learns normal measurements of cells, and reports malignant tumours as anomalies: 1 is normal, -1 is not."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import joblib
import numpy as np
from gallery import folder, split, write_rows
from sklearn.datasets import load_breast_cancer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

train_x, test_x, train_y, test_y = split(load_breast_cancer())
out = folder()
model = make_pipeline(StandardScaler(), OneClassSVM(nu=0.08, gamma=0.02))
joblib.dump(model.fit(train_x[train_y == 1]), out / "model.joblib")
write_rows(out / "held-out.csv", test_x, np.where(test_y == 1, 1, -1))
