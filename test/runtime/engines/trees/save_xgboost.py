"""Saves models of XGBoost to the folder given, and what the package predicts for the rows beside them."""

import json
import pathlib
import sys

import numpy as np
import pandas
import xgboost

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(7)
COUNT = 100_000


def rows(count):
    """Rows with missing values, ties and large numbers."""
    values = random.normal(size=(count, 6))
    values[::5, 2] = np.nan
    values[::97] = np.nan
    values[:, 3] = np.round(values[:, 3] * 3)
    values[:, 4] *= 1e6
    return values


training = rows(2000)
asked = rows(COUNT)
# Values of the training lie next to thresholds.
asked[: COUNT // 4] = training[random.integers(0, len(training), COUNT // 4)]
asked.tofile(folder / "rows")
target = np.nan_to_num(training[:, :4]).sum(1)
positive = np.exp(target / 6)
classes = np.digitize(target, [-1, 0, 2])

saved = {}


def save(name, label, ending="json", rounds=15, groups=None, columns=None, **options):
    matrix = xgboost.DMatrix(training, label=label, feature_names=columns)
    if groups:
        matrix.set_group(groups)
    booster = xgboost.train({"nthread": 1, "max_depth": 5, "gamma": 0.1, **options}, matrix, rounds)
    booster.save_model(folder / f"{name}.{ending}")
    predictions = booster.predict(xgboost.DMatrix(asked, nthread=1, feature_names=columns))
    predictions.astype(np.float32).tofile(folder / name)
    saved[name] = {"file": f"{name}.{ending}", "shape": predictions.shape}


save("number", target, "ubj", objective="reg:squarederror", columns=list("abcdef"))
save("exact", target, objective="reg:pseudohubererror", tree_method="exact")
save("absolute", target, objective="reg:absoluteerror", tree_method="approx")
save("logarithm", positive, objective="reg:squaredlogerror")
save("quantiles", target, objective="reg:quantileerror", quantile_alpha=[0.1, 0.5, 0.9])
save("share", 1 / (1 + np.exp(-target)), "ubj", objective="reg:logistic")
save("binary", target > 0.4, "ubj", objective="binary:logistic", grow_policy="lossguide", max_leaves=40)
save("base-score", target > 0.4, objective="binary:logistic", base_score=0.3)
save("hinge", target > 0.4, objective="binary:hinge")
save("count", np.round(positive), objective="count:poisson")
save("gamma", positive, objective="reg:gamma")
save("tweedie", positive, "ubj", objective="reg:tweedie")
for rank in ("pairwise", "ndcg", "map"):
    save(rank, target > 0, objective=f"rank:{rank}", groups=[50] * 40)
save("probabilities", classes, "ubj", objective="multi:softprob", num_class=4)
save("class", classes, objective="multi:softmax", num_class=4)
save("forest", classes, rounds=3, objective="multi:softprob", num_class=4, num_parallel_tree=3, subsample=0.5)
save("targets", np.stack([target, -target], 1), objective="reg:squarederror")
save("labels", np.stack([target > 0, target < -1], 1), objective="binary:logistic")
save("constant", target, rounds=0, objective="reg:squarederror")

stopped = xgboost.XGBClassifier(n_estimators=30, early_stopping_rounds=2, n_jobs=1)
stopped.fit(training, classes, eval_set=[(training, classes[::-1])], verbose=False)
stopped.save_model(folder / "stopped.ubj")
stopped.predict_proba(asked).tofile(folder / "stopped")
saved["stopped"] = {"file": "stopped.ubj", "shape": [COUNT, 4]}


def other(name, label, data=training, **options):
    matrix = xgboost.DMatrix(data, label=label, enable_categorical=True)
    xgboost.train({"nthread": 1, **options}, matrix, 2).save_model(folder / f"{name}.json")


other("dart", target, booster="dart")
other("linear", target, booster="gblinear")
other("survival", positive, objective="survival:cox")
other("raw", target > 0, objective="binary:logitraw")
other("vectors", np.stack([target, -target], 1), multi_strategy="multi_output_tree")
other("categories", target, pandas.DataFrame({"kind": pandas.Categorical(["a", "b", "c", "d"] * 500)}))
(folder / "expected.json").write_text(json.dumps(saved))
