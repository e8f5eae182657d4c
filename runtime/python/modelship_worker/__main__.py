"""Loads a model, says what it takes and gives, and answers one request after the other until the runtime ends."""

import importlib
import os
import socket
import sys

from .frames import read_frame, write_frame
from .tensors import raw_tensor, read_tensors

# The runtime hands its end of the connection over as this descriptor.
SOCKET = 3

# The module of each format is loaded alone: its framework may take seconds.
MODULES = {"pickle": "pickle_model", "saved_model": "saved_model"}

MAX_MESSAGE = 300

# What models raise for inputs that they do not take.
REFUSALS = (ValueError, TypeError, KeyError, IndexError)


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
        arrays = model.run(signature, read_tensors(header["tensors"], body))
        outputs = [raw_tensor(spec, array) for spec, array in zip(model.signatures[signature]["outputs"], arrays)]
    except REFUSALS as error:
        message = f"the model refused the input: {told(error)}"
        write_frame(connection, {"error": {"code": "INVALID_ARGUMENT", "message": message}})
    except Exception as error:
        write_frame(connection, {"error": {"code": "INTERNAL", "message": f"the model failed: {told(error)}"}})
    else:
        write_frame(connection, {"tensors": [spec for spec, _ in outputs]}, [raw for _, raw in outputs])


def told(error):
    return f"{type(error).__name__}: {error}"[:MAX_MESSAGE]


try:
    main()
except (BrokenPipeError, ConnectionResetError):
    # The runtime has ended, and nobody is left to be told.
    sys.exit(0)
