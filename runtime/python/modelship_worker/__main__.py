"""Loads a model, says what it takes and gives, and answers one request after the other until the runtime ends."""

import importlib
import os
import secrets
import socket
import sys
import traceback

from .frames import FrameTooLarge, read_frame, write_frame
from .tensors import raw_tensor, read_tensors

# The runtime hands its end of the connection over as this descriptor.
SOCKET = 3

# The module of each format is loaded alone: its framework may take seconds.
MODULES = {"pickle": "pickle_model", "saved_model": "saved_model"}

MAX_MESSAGE = 300

# What models raise for inputs that they do not take.
REFUSALS = (ValueError, TypeError)


def main():
    # What a model prints goes to the log.
    os.dup2(2, 1)
    connection = socket.socket(fileno=SOCKET)
    connection.setblocking(True)
    request = read_frame(connection)
    if request is None:
        return
    try:
        header, _ = request
        module = importlib.import_module(f"modelship_worker.{MODULES[header['format']]}")
        model = module.load(header["path"], header["threads"])
    except Exception as error:
        write_frame(connection, {"error": {"code": "ARTIFACT_INVALID", "message": told(error)}})
        return
    write_frame(connection, {"signatures": model.signatures})
    while (request := read_frame(connection)) is not None:
        answer(connection, model, *request)


def answer(connection, model, header, body):
    signature = header["signature"]
    try:
        inputs = read_tensors(header["tensors"], body)
        try:
            arrays = model.run(signature, inputs)
        except REFUSALS as error:
            refuse(connection, error)
            return
        outputs = [raw_tensor(spec, array) for spec, array in zip(model.signatures[signature]["outputs"], arrays)]
    except Exception as error:
        identifier = log(str(error), error)
        fail(connection, "INTERNAL", f"the model failed; the log has the details of error {identifier}")
        return
    try:
        write_frame(connection, {"tensors": [spec for spec, _ in outputs]}, [raw for _, raw in outputs])
    except FrameTooLarge as error:
        fail(connection, "OUT_OF_RANGE", f"{error}; ask for fewer rows at once")


def refuse(connection, error):
    # Refusals tend to quote the values that they refuse, which belong neither into an answer nor into the log.
    identifier = log("the model refused an input", error)
    kind = type(error).__name__
    message = f"the model refused the input with {kind}; the log tells where, of error {identifier}"
    fail(connection, "INVALID_ARGUMENT", message)


def fail(connection, code, message):
    write_frame(connection, {"error": {"code": code, "message": message}})


def log(what, error):
    """Writes what happened and where, and returns the identifier that callers are given instead."""
    identifier = secrets.token_hex(8)
    where = "".join(traceback.format_tb(error.__traceback__))
    sys.stderr.write(f"error {identifier}: {type(error).__name__}: {what}\n{where}")
    return identifier


def told(error):
    return f"{type(error).__name__}: {error}"[:MAX_MESSAGE]


try:
    main()
except (BrokenPipeError, ConnectionResetError):
    # The runtime has ended, and nobody is left to be told.
    sys.exit(0)
