"""Writes shap-golden.json: Shapley values by the `shap` package of the functions that shapley.test.ts has too.

Run it with: pip install shap && python test/runtime/protocols/kserve/shap_golden.py
"""

import json
import pathlib

import numpy as np
import shap

random = np.random.default_rng(0)
weights = random.normal(size=(5, 2))


def linear(rows):
    return rows @ weights + np.array([0.5, -1.0])


def product(rows):
    return (rows[:, 0] * rows[:, 1] + np.maximum(rows[:, 2], 0) * rows[:, 3] + rows[:, 4] ** 2).reshape(-1, 1)


cases = []
for name, function in (("linear", linear), ("product", product)):
    background = random.normal(size=(4, 5))
    instances = random.normal(size=(3, 5))
    explained = shap.ExactExplainer(function, shap.maskers.Independent(background))(instances)
    values = explained.values.reshape(3, 5, -1)
    base = np.broadcast_to(np.asarray(explained.base_values).reshape(3, -1), (3, values.shape[2]))
    cases.append(
        {
            "name": name,
            "background": background.tolist(),
            "instances": instances.tolist(),
            "base": base.tolist(),
            "values": values.tolist(),
        }
    )

golden = {"shap": shap.__version__, "weights": weights.tolist(), "cases": cases}
path = pathlib.Path(__file__).with_name("shap-golden.json")
path.write_text(json.dumps(golden, indent=1) + "\n")
