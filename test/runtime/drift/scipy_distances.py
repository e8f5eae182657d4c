"""Writes columns of numbers, and the distances of shifted ones from them as scipy computes them, into a folder."""

import json
import sys
from pathlib import Path

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import ks_2samp, wasserstein_distance

ROWS = 5000
random = np.random.default_rng(7)


def columns():
    """Yields 40 samplers of a column of `size` values."""
    for scale in (1e-3, 1, 1e6):
        yield lambda size, s=scale: random.normal(0, s, size)
        yield lambda size, s=scale: random.normal(1e3 * s, s, size)
        yield lambda size, s=scale: random.uniform(-s, s, size)
        yield lambda size, s=scale: random.lognormal(0, 1, size) * s
        yield lambda size, s=scale: random.exponential(s, size)
        yield lambda size, s=scale: random.standard_t(4, size) * s
        yield lambda size, s=scale: np.where(random.random(size) < 0.4, 0, random.exponential(s, size))
        yield lambda size, s=scale: np.where(random.random(size) < 0.5, random.normal(0, s, size), random.normal(9 * s, s, size))
    for rate in (0.5, 3, 40, 5000):
        yield lambda size, r=rate: random.poisson(r, size).astype(float)
    for share in (0.01, 0.3, 0.9):
        yield lambda size, p=share: random.binomial(1, p, size).astype(float)
    for levels in (3, 12, 150, 400):
        yield lambda size, n=levels: random.integers(0, n, size).astype(float)
    for shape in (0.5, 2):
        yield lambda size, a=shape: random.beta(a, a, size)
        yield lambda size, a=shape: random.gamma(a, 2, size)
    yield lambda size: np.round(random.normal(40, 12, size))


def shifts(column, sample):
    """Yields five samples that differ from those of the column: not at all, in place, in spread, in part and in values."""
    values = sample(ROWS)
    spread = column.std()
    yield sample(ROWS)
    yield values + spread / 2
    yield (values - values.mean()) * 1.5 + values.mean()
    yield np.where(random.random(ROWS) < 0.2, column.max() + spread, values)
    yield np.full(ROWS, np.median(values))


def distances(column, live):
    inner = np.unique(np.quantile(column, np.arange(1, 10) / 10))
    shares = [
        np.bincount(np.digitize(each, inner, right=True), minlength=len(inner) + 1) / len(each) for each in (column, live)
    ]
    expected, actual = (np.maximum(each, 1e-4) for each in shares)
    return {
        "ks": ks_2samp(column, live, method="asymp").statistic,
        "psi": float(np.sum((actual - expected) * np.log(actual / expected))),
        "jensen_shannon": float(jensenshannon(*shares, base=2)),
        "wasserstein": wasserstein_distance(column, live) / column.std(),
    }


def main(folder):
    cases = []
    with (folder / "values.bin").open("wb") as file:
        for sample in columns():
            column = sample(ROWS)
            column.tofile(file)
            lives = list(shifts(column, sample))
            for live in lives:
                live.tofile(file)
            cases.append([distances(column, live) for live in lives])
    (folder / "expected.json").write_text(json.dumps({"rows": ROWS, "cases": cases}))


main(Path(sys.argv[1]))
