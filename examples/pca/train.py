"""Reads handwritten digits by 20 principal components of their 64 pixels, and the nearest of the digits that it has seen."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import joblib
from gallery import SEED, folder, pixels, write_rows
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

train_x, test_x, train_y, test_y = pixels()
out = folder()
model = make_pipeline(PCA(20, random_state=SEED), KNeighborsClassifier(3))
joblib.dump(model.fit(train_x, train_y), out / "model.joblib", compress=3)
write_rows(out / "held-out.csv", test_x, test_y)
