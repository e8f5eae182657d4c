"""Saves an ONNX model in MLflow's format: `mlflow_model.py MODEL FOLDER`."""

import sys

import mlflow.onnx
import onnx

mlflow.onnx.save_model(
    onnx.load(sys.argv[1]),
    sys.argv[2],
    onnx_session_options={"intra_op_num_threads": 1},
    onnx_execution_providers=["CPUExecutionProvider"],
)
