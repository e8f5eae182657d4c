"""Writes p-values and intervals of paired tests, computed with scipy, as JSON to standard output."""

import json
import math

import numpy as np
from scipy import optimize, stats


def likelihood(pairs, gain, lost_share):
    rows, gained, lost = pairs
    shares = [lost_share + gain, lost_share, 1 - 2 * lost_share - gain]
    counts = [gained, lost, rows - gained - lost]
    return sum(count * math.log(max(share, 1e-300)) for count, share in zip(counts, shares) if count)


def score(pairs, gain):
    """Score statistic, with the nuisance share found by maximizing the likelihood."""
    rows, gained, lost = pairs
    low, high = max(0, -gain), (1 - gain) / 2
    best = optimize.minimize_scalar(
        lambda share: -likelihood(pairs, gain, share), bounds=(low, high), method="bounded", options={"xatol": 1e-12}
    ).x
    return (gained - lost - rows * gain) / math.sqrt(rows * (2 * best + gain * (1 - gain)))


def interval(pairs):
    rows, gained, lost = pairs
    quantile = stats.norm.ppf(0.975)
    middle = (gained - lost) / rows
    lower = optimize.brentq(lambda gain: score(pairs, gain) - quantile, -1 + 1e-9, middle - 1e-12)
    upper = optimize.brentq(lambda gain: score(pairs, gain) + quantile, middle + 1e-12, 1 - 1e-9)
    return [lower, upper]


PAIRS = [(60, 12, 9), (40, 3, 1), (200, 5, 20), (1000, 1, 8), (100, 30, 33), (50, 7, 2), (10000, 400, 520)]


def bootstrap(seed):
    """Means of paired differences: the interval by scipy's paired bootstrap, and its p-value by the t-test."""
    random = np.random.default_rng(seed)
    one = random.normal(0.1 * seed, 1, 150)
    other = one + random.normal(0.1, 0.5, 150)
    found = stats.bootstrap(
        (one, other),
        lambda one, other, axis: np.mean(one, axis) - np.mean(other, axis),
        paired=True,
        method="percentile",
        n_resamples=20000,
        rng=1,
    ).confidence_interval
    return {"one": list(one), "other": list(other), "interval": list(found)}


print(
    json.dumps(
        {
            "mcnemar": [
                {
                    "rows": rows,
                    "gained": gained,
                    "lost": lost,
                    "pValue": stats.binomtest(min(gained, lost), gained + lost).pvalue,
                    "interval": interval((rows, gained, lost)),
                }
                for rows, gained, lost in PAIRS
            ],
            "bootstrap": [bootstrap(seed) for seed in range(4)],
        }
    )
)
