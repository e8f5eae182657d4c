"""Loads a model, reports its signatures, and handles one request at a time until the runtime exits."""

import os
import socket
import sys

from .errors import told
from .frames import read_frame, write_frame
from .lifetime import tie_to_server
from .package_code import provide
from .packages import requirements
from .sandbox import restrict

# The runtime passes the worker's end of the connection as this file descriptor.
SOCKET = 3

def main():
    tie_to_server()
    # Standard output of the model is redirected to the log.
    os.dup2(2, 1)
    connection = socket.socket(fileno=SOCKET)
    connection.setblocking(True)
    request = read_frame(connection)
    if request is None:
        return
    header, _ = request
    # Before anything else is imported, because the kernel restricts only this thread and those that it starts later.
    restrictions = restrict(header["path"], header["trusted"])
    try:
        # Imported here, so that a missing NumPy is reported like any other missing package.
        from .answers import answer
        from .models import load_model
        from .tensors import raw_tensor

        declared = header["declared"]
        if "code" in header:
            provide(header["code"])
        model = load_model(header["format"], header["path"], header["threads"], declared)
        loaded = {"signatures": model.signatures, "restrictions": restrictions}
        if hasattr(model, "max_requests"):
            loaded["maxRequests"] = model.max_requests
        # Undeclared outputs mean that the model is being packed, which also needs its requirements.
        if "outputs" not in declared:
            loaded["requirements"] = requirements(model.modules)
        specs = model.signatures["serving_default"]["inputs"]
        rows = model.examples() if hasattr(model, "examples") else []
        examples = [raw_tensor(spec, array) for row in rows for spec, array in zip(specs, row)]
    except Exception as error:
        write_frame(connection, {"error": {"code": "ARTIFACT_INVALID", "message": told(error)}})
        return
    write_frame(connection, {**loaded, "tensors": [spec for spec, _ in examples]}, [raw for _, raw in examples])
    while (request := read_frame(connection)) is not None:
        answer(connection, model, *request)


try:
    main()
except (BrokenPipeError, ConnectionResetError):
    # The runtime has exited, so the error has no recipient.
    sys.exit(0)
