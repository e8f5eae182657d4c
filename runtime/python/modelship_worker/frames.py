"""Messages over the socket: two lengths, a JSON header, and raw tensors, each aligned to eight bytes."""

import json
import struct

LENGTHS = struct.Struct("<II")
ALIGNMENT = 8
MAX_BODY_BYTES = 2**32 - 1


class FrameTooLarge(ValueError):
    """The body exceeds the maximum size. Nothing was sent."""


def padding(size):
    return -size % ALIGNMENT


def read_frame(connection):
    """Reads the next header and body. Returns None once the runtime has exited."""
    lengths = _read(connection, LENGTHS.size)
    if lengths is None:
        return None
    header_size, body_size = LENGTHS.unpack(lengths)
    header = _read(connection, header_size)
    body = _read(connection, body_size) if header is not None else None
    return None if body is None else (json.loads(bytes(header)), body)


def write_frame(connection, header, parts=()):
    """Sends a header, and the raw bytes of the tensors that it describes."""
    body_size = sum(len(part) + padding(len(part)) for part in parts)
    if body_size > MAX_BODY_BYTES:
        raise FrameTooLarge(f"the outputs take {body_size} bytes, at most {MAX_BODY_BYTES} can be sent")
    text = json.dumps(header).encode()
    connection.sendall(LENGTHS.pack(len(text), body_size) + text)
    for part in parts:
        connection.sendall(part)
        connection.sendall(bytes(padding(len(part))))


def _read(connection, size):
    # Each read uses a new buffer, because models may keep views of their inputs.
    data = bytearray(size)
    view = memoryview(data)
    done = 0
    while done < size:
        received = connection.recv_into(view[done:])
        if received == 0:
            return None
        done += received
    return view
