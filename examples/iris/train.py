"""Trains a classifier of iris flowers and writes, beside this script:

model.onnx              the scaler and the logistic regression as one ONNX graph
evaluation.json         how well it does on flowers it has not seen
samples/requests.json   some of those flowers, with what scikit-learn answers for them
"""

import json
import re
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).parent
SEED = 7
SAMPLES = 8


def significant(values, digits=6):
    """Rounds what was learnt, so that the bytes written do not depend on the machine's linear algebra."""
    return np.vectorize(lambda value: float(f"{value:.{digits}g}"))(values)


def untrained():
    return make_pipeline(StandardScaler(), LogisticRegression(C=10, tol=1e-10, max_iter=10_000))


def train(features, classes):
    pipeline = untrained()
    pipeline.fit(features, classes)
    scaler, regression = pipeline[0], pipeline[1]
    scaler.mean_, scaler.scale_ = significant(scaler.mean_), significant(scaler.scale_)
    regression.coef_, regression.intercept_ = significant(regression.coef_), significant(regression.intercept_)
    return pipeline


def to_onnx(pipeline, class_names):
    """(x - mean) / scale is folded into the weights: one matrix product does both."""
    scaler, regression = pipeline[0], pipeline[1]
    weights = regression.coef_ / scaler.scale_
    bias = regression.intercept_ - weights @ scaler.mean_
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["features", "weights", "bias"], ["scores"], transB=1),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
            helper.make_node("ArgMax", ["scores"], ["label"], axis=1, keepdims=0),
        ],
        "iris",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", weights.shape[1]])],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, ["batch"]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", len(class_names)]),
        ],
        [
            numpy_helper.from_array(weights.astype(np.float32), "weights"),
            numpy_helper.from_array(bias.astype(np.float32), "bias"),
        ],
        doc_string="Sepal length and width, petal length and width, in cm; classes: " + ", ".join(class_names),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def evaluate(pipeline, features, classes, train_x, train_y, class_names):
    probabilities = pipeline.predict_proba(features)
    labels = probabilities.argmax(axis=1)
    return {
        "dataset": "iris (Fisher, 1936), as scikit-learn ships it",
        "split": {"train": len(train_y), "test": len(classes), "stratified": True, "seed": SEED},
        "accuracy": round(accuracy_score(classes, labels), 4),
        "cross_validated_accuracy": round(cross_val_score(untrained(), train_x, train_y, cv=10).mean(), 4),
        "macro_f1": round(f1_score(classes, labels, average="macro"), 4),
        "log_loss": round(log_loss(classes, probabilities), 4),
        "classes": class_names,
        "confusion_matrix": confusion_matrix(classes, labels).tolist(),
    }


def samples(pipeline, features):
    rows = [[round(float(value), 4) for value in row] for row in features[:SAMPLES]]
    probabilities = pipeline.predict_proba(np.array(rows))
    predictions = [
        {"label": int(row.argmax()), "probabilities": [round(float(value), 8) for value in row]} for row in probabilities
    ]
    return {"instances": rows, "predictions": predictions}


def write_json(path, value):
    """Indented, with each row of numbers on a line of its own."""
    text = re.sub(r"\[[^][{}]*\]", lambda row: json.dumps(json.loads(row[0])), json.dumps(value, indent=2))
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n")


def main():
    data = load_iris()
    class_names = [str(name) for name in data.target_names]
    train_x, test_x, train_y, test_y = train_test_split(
        data.data, data.target, test_size=0.2, stratify=data.target, random_state=SEED
    )
    pipeline = train(train_x, train_y)
    (HERE / "model.onnx").write_bytes(to_onnx(pipeline, class_names).SerializeToString(deterministic=True))
    evaluation = evaluate(pipeline, test_x, test_y, train_x, train_y, class_names)
    write_json(HERE / "evaluation.json", evaluation)
    write_json(HERE / "samples" / "requests.json", samples(pipeline, test_x))
    print(json.dumps(evaluation))


if __name__ == "__main__":
    main()
