"""Trains a support vector machine that reads handwritten digits of 8×8 pixels."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import joblib
from gallery import folder, pixels, write_rows
from sklearn.svm import SVC

train_x, test_x, train_y, test_y = pixels()
out = folder()
joblib.dump(SVC(C=10, gamma=0.02).fit(train_x, train_y), out / "model.joblib", compress=3)
write_rows(out / "held-out.csv", test_x, test_y)
