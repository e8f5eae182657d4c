"""Responds to requests with the outputs of the model."""

import secrets
import sys
import traceback

import numpy as np

from .errors import Failed
from .frames import FrameTooLarge, write_frame
from .tensors import datatype_of, raw_tensor, read_tensors

# Exceptions that models raise for invalid inputs.
REFUSALS = (ValueError, TypeError)


def answer(connection, model, header, body):
    try:
        if header.get("parameters"):
            named = model.parameters() if hasattr(model, "parameters") else {}
            arrays = {name: np.asarray(array) for name, array in named.items()}
            specs = [{"name": name, "datatype": datatype_of(array.dtype)} for name, array in arrays.items()]
            send(connection, [raw_tensor(spec, array) for spec, array in zip(specs, arrays.values())])
            return
        signature = header["signature"]
        inputs = read_tensors(header["tensors"], body)
        try:
            arrays = model.run(signature, inputs)
        except REFUSALS as error:
            refuse(connection, error)
            return
        except Failed as error:
            fail(connection, error.code, str(error))
            return
        specs = model.signatures[signature]["outputs"]
        if len(arrays) != len(specs):
            fail(connection, "INTERNAL", f"the model returned {len(arrays)} outputs, but its signature has {len(specs)}")
            return
        outputs = [raw_tensor(spec, array) for spec, array in zip(specs, arrays)]
    except Exception as error:
        identifier = log(error, str(error), "".join(traceback.format_tb(error.__traceback__)))
        fail(connection, "INTERNAL", f"the model failed; the log has the details of error {identifier}")
        return
    send(connection, outputs)


def send(connection, outputs):
    try:
        write_frame(connection, {"tensors": [spec for spec, _ in outputs]}, [raw for _, raw in outputs])
    except FrameTooLarge as error:
        fail(connection, "OUT_OF_RANGE", f"{error}; send fewer rows in a request")


def refuse(connection, error):
    # Messages of these exceptions often quote the rejected values, which belong neither in a response nor in the log.
    # Any client can cause them, so each one is logged as a single line.
    *_, last = traceback.extract_tb((error.__cause__ or error).__traceback__)
    identifier = log(error, f"the model rejected an input, in {last.name} at {last.filename}:{last.lineno}")
    kind = type(error).__name__
    message = f"the model rejected the input with {kind}; the log has the details of error {identifier}"
    fail(connection, "INVALID_ARGUMENT", message)


def fail(connection, code, message):
    write_frame(connection, {"error": {"code": code, "message": message}})


def log(error, what, where=""):
    """Logs an error and its location, and returns the identifier that the response contains instead."""
    identifier = secrets.token_hex(8)
    sys.stderr.write(f"error {identifier}: {type(error).__name__}: {what}\n{where}")
    return identifier
