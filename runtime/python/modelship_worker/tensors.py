"""Conversion of NumPy arrays from and to raw tensor bytes: little-endian, row-major, byte strings prefixed by their
lengths."""

import struct

import numpy as np

from .frames import padding

DTYPES = {
    "BOOL": np.dtype("?"),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}

_DATATYPES = {dtype: name for name, dtype in DTYPES.items()}

# NumPy has no bfloat16, so arrays between the socket and a model hold the raw bits.
DTYPES["BF16"] = np.dtype("<u2")

_LENGTH = struct.Struct("<I")

# Length that marks a missing string.
_MISSING = 2**32 - 1


def datatype_of(dtype):
    """Returns the datatype of a NumPy dtype. Text of any kind is BYTES."""
    dtype = np.dtype(dtype)
    if dtype.kind in "OSU":
        return "BYTES"
    # TensorFlow registers this type with NumPy.
    if dtype.name == "bfloat16":
        return "BF16"
    name = _DATATYPES.get(dtype.newbyteorder("<"))
    if name is None:
        raise TypeError(f"arrays of {dtype} cannot be served")
    return name


def read_tensors(specs, body):
    """Reads the consecutive arrays in `body`, as `specs` describe them."""
    arrays = []
    start = 0
    for spec in specs:
        size = spec["size"]
        arrays.append(_read(spec["datatype"], spec["shape"], body[start : start + size]))
        start += size + padding(size)
    return arrays


def raw_tensor(spec, array):
    """Returns the header entry of an array, and its bytes."""
    array = np.asarray(array)
    datatype = spec["datatype"]
    if datatype == "BYTES":
        parts = []
        for element in array.ravel():
            data = element if isinstance(element, bytes) else str(element).encode()
            parts += (_LENGTH.pack(len(data)), data)
        raw = b"".join(parts)
    elif datatype == "BF16":
        raw = np.ascontiguousarray(array).view(DTYPES["BF16"]).tobytes()
    else:
        raw = np.ascontiguousarray(array, DTYPES[datatype]).tobytes()
    described = {"name": spec["name"], "datatype": datatype, "shape": list(array.shape), "size": len(raw)}
    return described, raw


def _read(datatype, shape, data):
    if datatype != "BYTES":
        return np.frombuffer(data, DTYPES[datatype]).reshape(shape)
    elements = []
    start = 0
    while start < len(data):
        (size,) = _LENGTH.unpack_from(data, start)
        start += _LENGTH.size
        if size == _MISSING:
            elements.append(None)
            continue
        elements.append(bytes(data[start : start + size]))
        start += size
    array = np.empty(len(elements), object)
    array[:] = elements
    return array.reshape(shape)
