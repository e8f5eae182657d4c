"""Messages over the socket: two lengths, a JSON header, and raw tensors, each aligned to eight bytes."""

import json
import struct

LENGTHS = struct.Struct("<II")
ALIGNMENT = 8
MAX_BODY_BYTES = 2**32 - 1

# Bytes read at once. Larger frames are read in several steps.
FIRST_READ_BYTES = 64 * 1024

# Bytes up to which joining the parts costs less than sending each.
JOINED_BYTES = 256 * 1024


class FrameTooLarge(ValueError):
    """The body exceeds the maximum size. Nothing was sent."""


def padding(size):
    return -size % ALIGNMENT


def read_frame(connection):
    """Reads the next header and body. Returns None once the runtime has exited."""
    # The runtime sends a frame only after the answer to the one before, and a small one arrives as a whole. Each read
    # uses a new buffer, because models may keep views of their inputs.
    start = memoryview(bytearray(FIRST_READ_BYTES))
    received = connection.recv_into(start)
    if 0 < received < LENGTHS.size:
        received = _fill(connection, start[: LENGTHS.size], received)
    if not received:
        return None
    header_size, body_size = LENGTHS.unpack_from(start)
    end = LENGTHS.size + header_size + body_size
    frame = start
    if end > len(start):
        frame = memoryview(bytearray(end))
        frame[:received] = start[:received]
    if received < end and not _fill(connection, frame[:end], received):
        return None
    body_start = LENGTHS.size + header_size
    return json.loads(bytes(frame[LENGTHS.size : body_start])), frame[body_start:end]


def write_frame(connection, header, parts=()):
    """Sends a header, and the raw bytes of the tensors that it describes."""
    body_size = sum(len(part) + padding(len(part)) for part in parts)
    if body_size > MAX_BODY_BYTES:
        raise FrameTooLarge(f"the outputs take {body_size} bytes, at most {MAX_BODY_BYTES} can be sent")
    text = json.dumps(header).encode()
    pieces = [LENGTHS.pack(len(text), body_size), text]
    for part in parts:
        pieces += (part, bytes(padding(len(part))))
    if body_size <= JOINED_BYTES:
        connection.sendall(b"".join(pieces))
        return
    for piece in pieces:
        connection.sendall(piece)


def _fill(connection, view, done):
    """Receives until `view` is full. It starts with `done` received bytes. Returns its size, or 0 if the runtime exited."""
    while done < len(view):
        received = connection.recv_into(view[done:])
        if received == 0:
            return 0
        done += received
    return done
