"""Saves pipelines of scikit-learn with texts and with several targets to the folder given, and what they answer."""

import json
import pathlib
import sys

import cloudpickle
import joblib
import lightgbm
import numpy as np
import pandas
import scipy.sparse
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

folder = pathlib.Path(sys.argv[1])
random = np.random.default_rng(0)
expected = {}

size = 60
houses = pandas.DataFrame(
    {
        "area": random.normal(100, 20, size),
        "city": random.choice(["Bern", "Oslo", "Åre"], size),
        "note": random.choice(["quiet garden", "loud street", "quiet street"], size),
        "rooms": random.integers(1, 5, size),
    }
)
price = houses["area"] * 3 + houses["city"].map({"Bern": 50, "Oslo": 0, "Åre": -50}) + houses["rooms"]
asked = {"area": [90.0, np.nan], "city": ["Åre", "Bern"], "note": ["loud garden", ""], "rooms": [2, 4]}
asked = pandas.DataFrame(asked)


def columns():
    return make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), ["area"]),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), ["city"]),
        (TfidfVectorizer(), "note"),
        (OneHotEncoder(), ["rooms"]),
    )


mixed = make_pipeline(columns(), LinearRegression()).fit(houses, price)
joblib.dump(mixed, folder / "mixed.joblib")
expected["mixed"] = mixed.predict(asked).tolist()
search = GridSearchCV(make_pipeline(columns(), LogisticRegression()), {"logisticregression__C": [1.0]}, cv=2)
search.fit(houses, np.where(price > price.median(), "dear", "cheap"))
joblib.dump(search, folder / "search.joblib")
expected["search"] = search.predict_proba(asked).tolist()

missing = pandas.DataFrame({"area": [np.nan, 90.0], "city": ["Åre", np.nan], "note": ["quiet", ""], "rooms": [2, 4]})
expected["missing"] = mixed.predict(missing.astype({"city": object})).tolist()

kept = ColumnTransformer([("area", StandardScaler(), ["area"]), ("city", OneHotEncoder(), ["city"]), ("no", "drop", ["rooms"])])
dropping = make_pipeline(kept, LinearRegression()).fit(houses, price)
joblib.dump(dropping, folder / "dropping.joblib")
expected["dropping"] = dropping.predict(asked.assign(area=90.0)).tolist()

categories = houses[["area", "city"]].astype({"city": "category"})
grown = categories.assign(area=categories["area"].where(categories.index % 7 > 0))
unknown = pandas.DataFrame({"area": [90.0, np.nan], "city": pandas.Categorical(["Åre", None], grown["city"].cat.categories)})
for name, trees in {
    "boosted": lightgbm.LGBMRegressor(n_estimators=5, min_child_samples=3, n_jobs=1, verbose=-1),
    "histogram": HistGradientBoostingRegressor(max_iter=5, min_samples_leaf=3),
}.items():
    trees.fit(grown, price)
    joblib.dump(trees, folder / f"{name}.joblib")
    expected[name] = trees.predict(unknown).tolist()

# It does not tell which of its columns are texts.
lengths = FunctionTransformer(lambda frame: frame["city"].str.len().to_frame().assign(area=frame["area"]))
hidden = make_pipeline(lengths, LinearRegression()).fit(houses[["area", "city"]], price)
(folder / "hidden.pkl").write_bytes(cloudpickle.dumps(hidden))
expected["hidden"] = hidden.predict(pandas.DataFrame({"area": [90.0, 100.0], "city": ["Åre", "Bern"]})).tolist()

texts = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(houses["note"], houses["note"].str.contains("quiet"))
joblib.dump(texts, folder / "texts.joblib")
expected["texts"] = texts.predict_proba(["loud garden", "quiet"]).tolist()

letters = random.choice(["a", "b", "c"], (size, 2))
encoded = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(letters, letters[:, 0])
joblib.dump(encoded, folder / "letters.joblib")
some = ColumnTransformer([("letters", OneHotEncoder(), [0])], remainder="passthrough")
some = make_pipeline(some, LogisticRegression()).fit(np.array([["a", 1.0], ["b", 2.0]], object), [0, 1])
joblib.dump(some, folder / "unnamed.joblib")

numbers = houses[["area", "rooms"]].to_numpy()
targets = np.column_stack([houses["city"], np.where(houses["rooms"] > 2, "big", "small")])
rows = numbers[:3]
expected["rows"] = rows.tolist()
forest = RandomForestClassifier(5, random_state=0).fit(numbers, targets)
joblib.dump(forest, folder / "targets.joblib")
expected["targets"] = {
    "labels": forest.predict(rows).ravel().tolist(),
    "probabilities": [each.ravel().tolist() for each in forest.predict_proba(rows)],
}
multi_output = MultiOutputClassifier(RandomForestClassifier(3, random_state=0)).fit(numbers, targets)
joblib.dump(multi_output, folder / "multi_output.joblib")
joblib.dump(ClassifierChain(LogisticRegression()).fit(numbers, numbers > numbers.mean(0)), folder / "chain.joblib")
several = RandomForestRegressor(5, random_state=0).fit(numbers, np.column_stack([price, -price]))
joblib.dump(several, folder / "several.joblib")
expected["several"] = several.predict(rows).ravel().tolist()
named = LinearRegression().fit(houses[["area", "rooms"]], price)
joblib.dump(named, folder / "named.joblib")
expected["named"] = named.predict(houses[["area", "rooms"]][:3]).tolist()
flags = np.column_stack([houses["city"] == "Oslo", houses["rooms"] > 2]).astype(int)
sparse = OneVsRestClassifier(LogisticRegression()).fit(numbers, scipy.sparse.csr_matrix(flags))
joblib.dump(sparse, folder / "sparse.joblib")
expected["sparse"] = sparse.predict(rows).toarray().ravel().tolist()


class Named:
    """Predicts a dictionary for each row."""

    def __init__(self, same):
        self.n_features_in_ = 2
        self.same = same

    def predict(self, rows):
        answers = [{"total": float(row.sum()), "range": {"least": row.min(), "most": row.max()}} for row in rows]
        return answers if self.same else [*answers, {"total": 0.0}]


(folder / "dictionaries.pkl").write_bytes(cloudpickle.dumps(Named(True)))
(folder / "keys.pkl").write_bytes(cloudpickle.dumps(Named(False)))
joblib.dump(StandardScaler().fit(numbers), folder / "scaler.joblib")
(folder / "expected.json").write_text(json.dumps(expected))
