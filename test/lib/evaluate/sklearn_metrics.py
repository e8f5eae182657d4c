"""Writes random data sets with the metrics that scikit-learn computes for them, as JSON, to standard output.

A metric that scikit-learn rejects or that is not a number is null. A data set that it rejects has `rejected`.
"""

import json
import math
import sys
import warnings

import numpy as np
from sklearn import metrics as m
from sklearn.preprocessing import label_binarize

warnings.simplefilter("ignore")
# Sums of these are exact, so that both sides find the same ties and medians.
WEIGHTS = [0.25, 0.5, 1.0, 2.0, 3.5]


def weights_of(random, rows):
    if random.random() < 0.4:
        return None
    weights = random.choice([0.0, *WEIGHTS], rows)
    weights[0] = 1.0
    return weights


def numbers(random):
    rows = int(random.integers(1, 60))
    expected = random.normal(3, 3, rows)
    if random.random() < 0.3:
        expected = np.abs(expected) + 0.5
    if random.random() < 0.4:
        expected = np.round(expected)
    if random.random() < 0.15:
        expected = np.full(rows, 4.0)
    predicted = expected + random.normal(0, 1, rows)
    if random.random() < 0.4:
        predicted = np.round(predicted)
    if random.random() < 0.3:
        predicted = np.abs(predicted) + 0.5
    weights = weights_of(random, rows)
    rejected = random.random() < 0.1
    if rejected:
        [expected, predicted][int(random.integers(2))][int(random.integers(rows))] = np.nan
    own = dict(y_true=expected, y_pred=predicted, sample_weight=weights)
    return dict(expected=expected, predicted=predicted, weights=weights), {
        "mean_absolute_error": lambda: m.mean_absolute_error(**own),
        "mean_squared_error": lambda: m.mean_squared_error(**own),
        "root_mean_squared_error": lambda: m.root_mean_squared_error(**own),
        "median_absolute_error": lambda: m.median_absolute_error(**own),
        "max_error": lambda: m.max_error(expected, predicted),
        "mean_absolute_percentage_error": lambda: m.mean_absolute_percentage_error(**own),
        "mean_squared_log_error": lambda: m.mean_squared_log_error(**own),
        "root_mean_squared_log_error": lambda: m.root_mean_squared_log_error(**own),
        "mean_poisson_deviance": lambda: m.mean_poisson_deviance(**own),
        "mean_gamma_deviance": lambda: m.mean_gamma_deviance(**own),
        "r2": lambda: m.r2_score(**own),
        "explained_variance": lambda: m.explained_variance_score(**own),
    }


def drawn_labels(random, rows, count):
    labels = random.integers(0, count, rows)
    return np.full(rows, 1) if random.random() < 0.15 else labels


def labels(random):
    rows, count = int(random.integers(1, 80)), int(random.integers(2, 6))
    expected = drawn_labels(random, rows, count)
    predicted = np.where(random.random(rows) < 0.6, expected, random.integers(0, count, rows))
    weights = weights_of(random, rows)
    if weights is not None and random.random() < 0.1:
        weights[-1] = np.nan
    own = dict(sample_weight=weights)
    averaged = dict(sample_weight=weights, zero_division=0)
    pair = (expected, predicted)
    return dict(expected=expected, predicted=predicted, weights=weights), {
        "accuracy": lambda: m.accuracy_score(*pair, **own),
        "balanced_accuracy": lambda: m.balanced_accuracy_score(*pair, **own),
        "precision_macro": lambda: m.precision_score(*pair, average="macro", **averaged),
        "recall_macro": lambda: m.recall_score(*pair, average="macro", **averaged),
        "f1_macro": lambda: m.f1_score(*pair, average="macro", **averaged),
        "jaccard_macro": lambda: m.jaccard_score(*pair, average="macro", **averaged),
        "precision_weighted": lambda: m.precision_score(*pair, average="weighted", **averaged),
        "recall_weighted": lambda: m.recall_score(*pair, average="weighted", **averaged),
        "f1_weighted": lambda: m.f1_score(*pair, average="weighted", **averaged),
        "matthews_correlation": lambda: m.matthews_corrcoef(*pair, **own),
        "cohen_kappa": lambda: m.cohen_kappa_score(*pair, **own),
    }


def scores(random):
    rows, count = int(random.integers(1, 60)), int(random.integers(2, 6))
    expected = drawn_labels(random, rows, count)
    drawn = random.random((rows, count)) + (random.random() < 0.5) * np.eye(count)[expected]
    if random.random() < 0.4:
        drawn = np.round(drawn * 4) + 1
    given = drawn / drawn.sum(axis=1, keepdims=True)
    if random.random() < 0.2:
        given[0] = np.eye(count)[int(random.integers(count))]
    weights = weights_of(random, rows)
    if random.random() < 0.1:
        given[int(random.integers(rows)), -1] = np.nan
    classes = list(range(count))
    own = dict(sample_weight=weights)
    if count == 2:
        areas = {
            "roc_auc": lambda: m.roc_auc_score(expected, given[:, 1], **own),
            "roc_auc_weighted": lambda: m.roc_auc_score(expected, given[:, 1], **own),
            "average_precision": lambda: m.average_precision_score(expected, given[:, 1], **own),
        }
    else:
        ovr = dict(multi_class="ovr", labels=classes, **own)
        areas = {
            "roc_auc": lambda: m.roc_auc_score(expected, given, average="macro", **ovr),
            "roc_auc_weighted": lambda: m.roc_auc_score(expected, given, average="weighted", **ovr),
            "average_precision": lambda: m.average_precision_score(
                label_binarize(expected, classes=classes), given, average="macro", **own
            ),
            "top_2_accuracy": lambda: m.top_k_accuracy_score(expected, given, k=2, labels=classes, **own),
        }
    return dict(expected=expected, scores=given, weights=weights), {
        "log_loss": lambda: m.log_loss(expected, given, labels=classes, **own),
        "brier_score": lambda: m.brier_score_loss(expected, given, labels=classes, **own),
        **areas,
    }


def clusters(random):
    rows, count = int(random.integers(1, 80)), int(random.integers(2, 6))
    expected = drawn_labels(random, rows, count)
    predicted = np.where(random.random(rows) < 0.7, 7 - expected, random.integers(0, count + 1, rows))
    if random.random() < 0.1:
        predicted = np.arange(rows)
    pair = (expected, predicted)
    return dict(expected=expected, predicted=predicted), {
        "rand_index": lambda: m.rand_score(*pair),
        "adjusted_rand_index": lambda: m.adjusted_rand_score(*pair),
        "mutual_information": lambda: m.mutual_info_score(*pair),
        "homogeneity": lambda: m.homogeneity_score(*pair),
        "completeness": lambda: m.completeness_score(*pair),
        "v_measure": lambda: m.v_measure_score(*pair),
        "fowlkes_mallows": lambda: m.fowlkes_mallows_score(*pair),
    }


def cluster_shapes(random):
    rows, count, width = int(random.integers(3, 80)), int(random.integers(2, 6)), int(random.integers(1, 5))
    predicted = random.integers(0, count, rows)
    features = random.normal(size=(rows, width)) * random.choice([0.1, 1, 100]) + predicted[:, None]
    if random.random() < 0.3:
        features = np.round(features)
    if random.random() < 0.05:
        features = np.zeros_like(features)
    if random.random() < 0.1:
        features[0, 0] = np.nan
    pair = (features, predicted)
    return dict(features=features, predicted=predicted), {
        "silhouette": lambda: m.silhouette_score(*pair),
        "calinski_harabasz": lambda: m.calinski_harabasz_score(*pair),
        "davies_bouldin": lambda: m.davies_bouldin_score(*pair),
    }


def label_sets(random):
    rows, count = int(random.integers(1, 50)), int(random.integers(2, 7))
    expected = (random.random((rows, count)) < random.choice([0.1, 0.4, 0.8])).astype(int)
    predicted = np.where(random.random((rows, count)) < 0.7, expected, 1 - expected)
    weights = weights_of(random, rows)
    own = dict(sample_weight=weights)
    averaged = dict(sample_weight=weights, zero_division=0)
    return dict(expected=expected, predicted=predicted, weights=weights), {
        "hamming_loss": lambda: m.hamming_loss(expected, predicted, **own),
        "subset_accuracy": lambda: m.accuracy_score(expected, predicted, **own),
        "f1_samples": lambda: m.f1_score(expected, predicted, average="samples", **averaged),
        "f1_micro": lambda: m.f1_score(expected, predicted, average="micro", **averaged),
        "f1_macro": lambda: m.f1_score(expected, predicted, average="macro", **averaged),
    }


def label_scores(random):
    rows, count = int(random.integers(1, 50)), int(random.integers(2, 7))
    expected = (random.random((rows, count)) < random.choice([0.1, 0.4, 0.8])).astype(int)
    predicted = random.random((rows, count))
    if random.random() < 0.5:
        predicted = np.round(predicted * 4) / 4
    weights = weights_of(random, rows)
    own = dict(sample_weight=weights)
    return dict(expected=expected, predicted=predicted, weights=weights), {
        "coverage_error": lambda: m.coverage_error(expected, predicted, **own),
        "label_ranking_average_precision": lambda: m.label_ranking_average_precision_score(
            expected, predicted, **own
        ),
        "label_ranking_loss": lambda: m.label_ranking_loss(expected, predicted, **own),
    }


def rankings(random):
    rows, count = int(random.integers(1, 40)), int(random.integers(2, 14))
    expected = random.choice([0, 0, 0, 1, 2, 3], (rows, count))
    predicted = random.random((rows, count))
    if random.random() < 0.5:
        predicted = np.round(predicted * 3)
    weights = weights_of(random, rows)
    own = dict(sample_weight=weights)
    # scikit-learn gives 1 to queries without a relevant item, and Modelship 0.
    expected[:, 0] = 1
    return dict(expected=expected, predicted=predicted, weights=weights), {
        "ndcg": lambda: m.ndcg_score(expected, predicted, **own),
        "ndcg_at_10": lambda: m.ndcg_score(expected, predicted, k=10, **own),
        "mean_average_precision": lambda: m.label_ranking_average_precision_score(
            (expected > 0).astype(int), predicted, **own
        ),
    }


#: Kinds of metrics by their names in Modelship.
KINDS = {
    "numbers": numbers,
    "labels": labels,
    "scores": scores,
    "clusters": clusters,
    "clusterShapes": cluster_shapes,
    "labelSets": label_sets,
    "labelScores": label_scores,
    "rankings": rankings,
}


def has_nan(data):
    return any(values is not None and bool(np.isnan(values).any()) for values in data.values())


def value_of(metric):
    try:
        value = float(metric())
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def plain(value):
    """Replaces NaN, which JSON does not have, by text."""
    if value is None:
        return None
    return json.loads(json.dumps(np.asarray(value).tolist()).replace("NaN", '"NaN"'))


def main():
    cases = []
    for seed in range(int(sys.argv[1])):
        for name, kind in KINDS.items():
            data, judged = kind(np.random.default_rng([seed, len(kind.__name__)]))
            rejected = has_nan(data)
            values = {own: value_of(metric) for own, metric in judged.items()}
            if rejected:
                assert all(value is None for value in values.values()), (kind.__name__, values)
            cases.append(
                {
                    "kind": name,
                    "rejected": rejected,
                    "data": {own: plain(value) for own, value in data.items()},
                    "values": values,
                }
            )
    json.dump(cases, sys.stdout)


main()
