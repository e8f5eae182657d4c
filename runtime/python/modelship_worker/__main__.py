"""Loads a model, says what it takes and gives, and answers one request after the other until the runtime ends."""

import importlib
import os
import socket
import sys

from .errors import told
from .frames import read_frame, write_frame
from .lifetime import tie_to_server
from .packages import requirements

# The runtime hands its end of the connection over as this descriptor.
SOCKET = 3

# The module of each format is loaded alone: its framework may take seconds.
MODULES = {
    "exported_program": "exported_program",
    "lightgbm": "lightgbm_model",
    "pickle": "pickle_model",
    "saved_model": "saved_model",
    "torch_pickle": "torch_pickle",
    "torchscript": "torchscript",
}


def main():
    tie_to_server()
    # What a model prints goes to the log.
    os.dup2(2, 1)
    connection = socket.socket(fileno=SOCKET)
    connection.setblocking(True)
    request = read_frame(connection)
    if request is None:
        return
    try:
        # Loaded here, so that NumPy's absence is told as any other.
        from .answers import answer

        header, _ = request
        declared = header["declared"]
        module = importlib.import_module(f"modelship_worker.{MODULES[header['format']]}")
        model = module.load(header["path"], header["threads"], declared)
        loaded = {"signatures": model.signatures}
        # Whoever packs the model does not know yet what it gives, and what it needs.
        if "outputs" not in declared:
            loaded["requirements"] = requirements(model.modules)
    except Exception as error:
        write_frame(connection, {"error": {"code": "ARTIFACT_INVALID", "message": told(error)}})
        return
    write_frame(connection, loaded)
    while (request := read_frame(connection)) is not None:
        answer(connection, model, *request)


try:
    main()
except (BrokenPipeError, ConnectionResetError):
    # The runtime has ended, and nobody is left to be told.
    sys.exit(0)
