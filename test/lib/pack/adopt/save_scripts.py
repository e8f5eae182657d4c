"""Saves the responses of sagemaker-inference to requests for the scripts in `scripts`, to the folder given.

Needs sagemaker-inference beside the frameworks, and for `network` sagemaker-pytorch-inference, which has its own copy of it:
save_scripts.py MODELS FOLDER NAME
"""

import base64
import io
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import scipy.sparse

MODELS, FOLDER, NAME = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
SCRIPTS = Path(__file__).parent / "scripts"
JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"
ROWS = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]], np.float32)


def npy(rows):
    file = io.BytesIO()
    np.save(file, rows)
    return file.getvalue()


def npz(rows):
    file = io.BytesIO()
    scipy.sparse.save_npz(file, scipy.sparse.csr_matrix(rows))
    return file.getvalue()


def csv(rows):
    return "\n".join(",".join(map(str, row)) for row in rows.tolist()).encode()


ROW_JSON = json.dumps(ROWS.tolist()).encode()
DEFAULTS = [
    ({"Content-Type": kind, "Accept": accept}, body)
    for kind, body in ((JSON, ROW_JSON), (CSV, csv(ROWS)), (NPY, npy(ROWS)))
    for accept in (JSON, CSV, NPY, "*/*", f"image/png, {CSV}")
]
OWN = json.dumps({"rows": ROWS.tolist()}).encode()
CASES = {
    "steps": ("model.joblib", [
        ({"Content-Type": JSON}, OWN),
        ({"Content-Type": CSV, "Accept": "text/plain"}, csv(ROWS[:1])),
        ({"Content-Type": "application/x-bytes", "Accept": "text/plain"}, ROWS.tobytes()),
        *(({"Content-Type": JSON, "Accept": accept}, OWN) for accept in ("application/x-none", "application/x-list", "text/plain")),
        ({"Content-Type": JSON}, b'{"rows": []}'),
        ({"Content-Type": JSON}, b"{}"),
        ({"Content-Type": JSON}, b"not JSON"),
    ]),
    "defaults": ("model.joblib", [*DEFAULTS, ({"Content-Type": "application/x-npz"}, npz(ROWS)), ({"Content-Type": JSON}, b"[1, 2, 3, 4]"), ({"Content-Type": CSV}, csv(ROWS[:1]))]),
    "boosted": ("xgboost-model", [
        *(({"Content-Type": CSV, "Accept": accept}, csv(ROWS)) for accept in (JSON, CSV, NPY)),
        ({"Content-Type": CSV}, b"5.1,,1.4,0.2"),
        ({"Content-Type": CSV}, b"5;3;1;0\n6;3;5;2"),
        ({"Content-Type": "text/libsvm"}, b"1 0:5.1 1:3.5 3:0.2\n0 0:6.7 1:3.0 2:5.2 3:2.3\n"),
    ]),
    # PyTorch's container responds with a list of accepted types as the content type.
    "network": ("model.pt", [each for each in DEFAULTS if "," not in each[0]["Accept"]]),
    "transform": ("model.joblib", [({"Content-Type": JSON}, ROW_JSON), ({"Content-Type": JSON, "Accept": "a/b"}, ROW_JSON)]),
}


class Context:
    """The parts of a context of the model server that sagemaker-inference uses."""

    model_name, manifest = "model", {}

    def __init__(self, folder, headers):
        self.system_properties = {"model_dir": folder}
        self.request_processor = [self]
        self.headers, self.status, self.kind = headers, 200, None

    def get_request_properties(self):
        return self.headers

    def set_response_content_type(self, _, kind):
        self.kind = kind

    def set_response_status(self, code=200, phrase="", idx=0):
        self.status = code


def defaults(name):
    """Returns the steps of the container for a script."""
    from sagemaker_inference import content_types, decoder
    from sagemaker_inference.default_inference_handler import DefaultInferenceHandler

    if name == "network":
        from sagemaker_pytorch_serving_container.default_pytorch_inference_handler import DefaultPytorchInferenceHandler

        return DefaultPytorchInferenceHandler()

    # The containers of scikit-learn and XGBoost are not on PyPI. These are their documented steps.
    class ScikitLearn(DefaultInferenceHandler):
        def default_input_fn(self, body, kind, context=None):
            data = decoder.decode(body, kind)
            return data.astype(np.float32) if kind in content_types.UTF8_TYPES else data

        def default_predict_fn(self, data, model, context=None):
            return model.predict(data)

    class XGBoost(DefaultInferenceHandler):
        def default_input_fn(self, body, kind, context=None):
            import xgboost

            if kind == "text/libsvm":
                with tempfile.NamedTemporaryFile() as file:
                    file.write(body)
                    file.flush()
                    return xgboost.DMatrix(f"{file.name}?format=libsvm")
            delimiter = ";" if ";" in body else ","
            return xgboost.DMatrix(np.genfromtxt(io.StringIO(body), delimiter=delimiter, ndmin=2))

        def default_predict_fn(self, data, model, context=None):
            return model.predict(data, validate_features=False)

    return XGBoost() if name == "boosted" else ScikitLearn()


def record(name):
    """Writes the responses to the requests for one script."""
    from sagemaker_inference.default_handler_service import DefaultHandlerService
    from sagemaker_inference.transformer import Transformer

    model, requests = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(MODELS / model, folder)
        sys.path.insert(0, str(SCRIPTS))
        shutil.copy(SCRIPTS / f"{name}.py", Path(folder) / "inference.py")
        sys.path.insert(0, folder)
        service = DefaultHandlerService(Transformer(defaults(name)))
        service.initialize(Context(folder, {}))
        answers = []
        for headers, body in requests:
            context = Context(folder, headers)
            # The transformer calls functions with the context that it was initialized with.
            service._service._context = context
            (answer,) = service.handle([{"body": bytearray(body)}], context)
            content = answer.encode() if isinstance(answer, str) else answer if isinstance(answer, (bytes, bytearray)) else json.dumps(answer).encode()
            # Failures have a trace as the body.
            has_failed = context.status == 500
            response = {
                "status": context.status,
                "headers": {} if has_failed else {"content-type": context.kind},
                "body": "" if has_failed else base64.b64encode(content).decode(),
            }
            answers.append({"request": {"headers": headers, "body": base64.b64encode(body).decode()}, "response": response})
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.answers.json").write_text("\n".join(["[", ",\n".join(map(json.dumps, answers)), "]", ""]))


record(NAME)
