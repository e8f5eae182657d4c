"""Answers requests with what the model gives for them."""

import secrets
import sys
import traceback

from .frames import FrameTooLarge, write_frame
from .tensors import raw_tensor, read_tensors

# What models raise for inputs that they do not take.
REFUSALS = (ValueError, TypeError)


def answer(connection, model, header, body):
    signature = header["signature"]
    try:
        inputs = read_tensors(header["tensors"], body)
        try:
            arrays = model.run(signature, inputs)
        except REFUSALS as error:
            refuse(connection, error)
            return
        specs = model.signatures[signature]["outputs"]
        if len(arrays) != len(specs):
            fail(connection, "INTERNAL", f"the model gave {len(arrays)} outputs, and its signature has {len(specs)}")
            return
        outputs = [raw_tensor(spec, array) for spec, array in zip(specs, arrays)]
    except Exception as error:
        identifier = log(error, str(error), "".join(traceback.format_tb(error.__traceback__)))
        fail(connection, "INTERNAL", f"the model failed; the log has the details of error {identifier}")
        return
    try:
        write_frame(connection, {"tensors": [spec for spec, _ in outputs]}, [raw for _, raw in outputs])
    except FrameTooLarge as error:
        fail(connection, "OUT_OF_RANGE", f"{error}; ask for fewer rows at once")


def refuse(connection, error):
    # Refusals tend to quote the values that they refuse, which belong neither into an answer nor into the log. Anyone can
    # cause them, so that each is one line.
    *_, last = traceback.extract_tb((error.__cause__ or error).__traceback__)
    identifier = log(error, f"the model refused an input, in {last.name} at {last.filename}:{last.lineno}")
    kind = type(error).__name__
    message = f"the model refused the input with {kind}; the log tells where, of error {identifier}"
    fail(connection, "INVALID_ARGUMENT", message)


def fail(connection, code, message):
    write_frame(connection, {"error": {"code": code, "message": message}})


def log(error, what, where=""):
    """Writes what happened and where, and returns the identifier that callers are given instead."""
    identifier = secrets.token_hex(8)
    sys.stderr.write(f"error {identifier}: {type(error).__name__}: {what}\n{where}")
    return identifier
