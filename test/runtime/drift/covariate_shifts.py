"""Writes scores and labels of classifiers before and after ten covariate shifts and a concept shift into a folder.

The figures are those of scikit-learn. Inputs and labels come from one rule, P(label | input), which only the concept shift changes.
"""

import json
import sys
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

ROWS = 20_000
random = np.random.default_rng(5)


def inputs(center=0.0, spread=1.0, size=ROWS):
    return random.normal(center, spread, (size, 4))


def labels(x, turned=False):
    """Draws one of three classes for each row. Logits are linear but for one square, so no model is exact."""
    logits = np.stack([1.5 * x[:, 0] + x[:, 1], -x[:, 0] + x[:, 2], 0.5 * x[:, 3] ** 2 - 0.3], axis=1)
    logits = logits[:, [1, 2, 0]] if turned else logits
    odds = np.exp(logits)
    shares = np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)
    return (random.random((len(x), 1)) > shares).sum(axis=1)


def selected(weight):
    """Draws rows in proportion to a weight, as when some callers come more often."""
    x = inputs(size=4 * ROWS)
    odds = weight(x)
    return x[random.choice(len(x), ROWS, p=odds / odds.sum())]


def shifts():
    yield inputs(0.3)
    yield inputs(-0.5)
    yield inputs(np.array([0.8, 0, 0, 0]))
    yield inputs(np.array([0, -0.7, 0.7, 0]))
    yield inputs(spread=0.5)
    yield inputs(spread=1.15)
    yield selected(lambda x: np.exp(x[:, 0]))
    yield selected(lambda x: np.exp(-0.5 * x[:, 3] ** 2))
    yield selected(lambda x: (np.abs(x[:, 1]) < 0.7) + 0.05)
    yield selected(lambda x: np.where(x[:, 2] > 0, 1.0, 0.2))


def case(model, x, y, kind):
    scores = model.predict_proba(x).astype(np.float32)
    predicted = scores.argmax(axis=1)
    true = {"accuracy": accuracy_score(y, predicted), "f1_macro": f1_score(y, predicted, average="macro")}
    return scores, y, {"kind": kind, "true": true}


def main(folder):
    train = inputs(size=5000)
    target = labels(train)
    models = (
        LogisticRegression().fit(train, target),
        RandomForestClassifier(40, max_depth=8, random_state=0).fit(train, target),
    )
    reference = inputs()
    held_out = labels(reference)
    lives = [(x, labels(x), "covariate") for x in shifts()]
    turned = inputs()
    lives.append((turned, labels(turned, turned=True), "concept"))
    cases = []
    with (folder / "values.bin").open("wb") as file:
        for model in models:
            for x, y, kind in [(reference, held_out, "reference"), *lives]:
                scores, y, known = case(model, x, y, kind)
                scores.tofile(file)
                y.astype(np.float32).tofile(file)
                cases.append(known)
    (folder / "expected.json").write_text(json.dumps({"rows": ROWS, "classes": 3, "cases": cases}))


main(Path(sys.argv[1]))
