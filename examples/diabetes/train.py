"""Trains a linear regression of the progression of diabetes and writes, beside this script:

model.onnx              the scaler and the regression as one ONNX graph
evaluation.json         how well it does on patients it has not seen
samples/requests.json   some of those patients, with what scikit-learn answers for them
"""

import json
import re
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
SEED = 7
SAMPLES = 8


def significant(values, digits=6):
    """Rounds what was learnt, so that the bytes written do not depend on the machine's linear algebra."""
    return np.vectorize(lambda value: float(f"{value:.{digits}g}"))(values)


def train(features, target):
    pipeline = make_pipeline(StandardScaler(), LinearRegression())
    pipeline.fit(features, target)
    scaler, regression = pipeline[0], pipeline[1]
    scaler.mean_, scaler.scale_ = significant(scaler.mean_), significant(scaler.scale_)
    regression.coef_, regression.intercept_ = significant(regression.coef_), float(significant(regression.intercept_))
    return pipeline


def to_onnx(pipeline, feature_names):
    """The scaler stays a step of its own: folded into the weights, large means would cost float32 its digits."""
    scaler, regression = pipeline[0], pipeline[1]
    graph = helper.make_graph(
        [
            helper.make_node("Sub", ["features", "mean"], ["centred"]),
            helper.make_node("Div", ["centred", "scale"], ["scaled"]),
            helper.make_node("Gemm", ["scaled", "weights", "bias"], ["progression"], transB=1),
        ],
        "diabetes",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", len(feature_names)])],
        [helper.make_tensor_value_info("progression", TensorProto.FLOAT, ["batch", 1])],
        [
            numpy_helper.from_array(scaler.mean_.astype(np.float32), "mean"),
            numpy_helper.from_array(scaler.scale_.astype(np.float32), "scale"),
            numpy_helper.from_array(regression.coef_.astype(np.float32).reshape(1, -1), "weights"),
            numpy_helper.from_array(np.array([regression.intercept_], np.float32), "bias"),
        ],
        doc_string="Disease progression one year after baseline, from " + ", ".join(feature_names),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def evaluate(pipeline, features, target, train_target):
    predicted = pipeline.predict(features)
    baseline = np.full(len(target), train_target.mean())
    return {
        "dataset": "diabetes (Efron et al., 2004), unscaled, as scikit-learn ships it",
        "split": {"train": len(train_target), "test": len(target), "seed": SEED},
        "r2": round(r2_score(target, predicted), 4),
        "rmse": round(root_mean_squared_error(target, predicted), 4),
        "mae": round(mean_absolute_error(target, predicted), 4),
        "baseline_rmse": round(root_mean_squared_error(target, baseline), 4),
    }


def samples(pipeline, features):
    rows = [[round(float(value), 4) for value in row] for row in features[:SAMPLES]]
    return {"instances": rows, "predictions": [[round(float(value), 4)] for value in pipeline.predict(np.array(rows))]}


def write_json(path, value):
    """Indented, with each row of numbers on a line of its own."""
    text = re.sub(r"\[[^][{}]*\]", lambda row: json.dumps(json.loads(row[0])), json.dumps(value, indent=2))
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n")


def main():
    data = load_diabetes(scaled=False)
    train_x, test_x, train_y, test_y = train_test_split(data.data, data.target, test_size=0.2, random_state=SEED)
    pipeline = train(train_x, train_y)
    (HERE / "model.onnx").write_bytes(to_onnx(pipeline, data.feature_names).SerializeToString(deterministic=True))
    evaluation = evaluate(pipeline, test_x, test_y, train_y)
    write_json(HERE / "evaluation.json", evaluation)
    write_json(HERE / "samples" / "requests.json", samples(pipeline, test_x))
    print(json.dumps(evaluation))


if __name__ == "__main__":
    main()
