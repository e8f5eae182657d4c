"""Conversion of PyTorch tensors from and to arrays, and the output names of a module."""

import torch

DATATYPES = {
    torch.bool: "BOOL",
    torch.uint8: "UINT8",
    torch.uint16: "UINT16",
    torch.uint32: "UINT32",
    torch.uint64: "UINT64",
    torch.int8: "INT8",
    torch.int16: "INT16",
    torch.int32: "INT32",
    torch.int64: "INT64",
    torch.float16: "FP16",
    torch.bfloat16: "BF16",
    torch.float32: "FP32",
    torch.float64: "FP64",
}

DTYPES = {name: dtype for dtype, name in DATATYPES.items()}

# The GPU if the container has one and PyTorch is built for it.
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")

# Convolutions would round their inputs to 10 bits on a GPU, and the golden samples would differ.
torch.backends.cudnn.allow_tf32 = False

# A worker runs one request at a time and uses only the threads within operators. This can be set only once.
torch.set_num_interop_threads(1)


def datatype_of(dtype):
    """Returns the datatype of a PyTorch dtype."""
    if dtype not in DATATYPES:
        raise TypeError(f"tensors of {dtype} cannot be served")
    return DATATYPES[dtype]


def tensor_from(spec, array):
    tensor = torch.from_numpy(array)
    # NumPy has no bfloat16, so the array holds the raw bits.
    return (tensor.view(torch.bfloat16) if spec["datatype"] == "BF16" else tensor).to(DEVICE)


def array_from(tensor):
    tensor = tensor.detach().cpu()
    if tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    if tensor.dtype == torch.bfloat16:
        return tensor.contiguous().view(torch.int16).numpy()
    return tensor.numpy()


def call(function, *args, **kwargs):
    """Calls `function`. It has succeeded before, so an exception is caused by the input."""
    try:
        with torch.inference_mode():
            return function(*args, **kwargs)
    except torch.OutOfMemoryError:
        raise  # The memory of the GPU, which other processes may use too.
    except (RuntimeError, IndexError, AssertionError) as error:
        raise ValueError(str(error)) from error


def named(result):
    """Returns the tensors of a module's result by name: `output` for a single one, otherwise their position or their
    own names. The names of nested tensors are joined by underscores."""
    if isinstance(result, (tuple, list)) and len(result) == 1:
        (result,) = result
    if isinstance(result, torch.Tensor):
        return [("output", result)]
    pairs = list(_parts(result, ""))
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise TypeError(f"it returns two tensors that would be named `{twice}`; rename one")
    return pairs


def _parts(value, name):
    """Yields the tensors within `value` with their names."""
    if value is None:
        # Parts that a module omits are None.
        return
    if isinstance(value, torch.Tensor):
        yield name, value
        return
    if isinstance(value, dict):
        items = value.items()
    elif hasattr(value, "_fields"):
        items = zip(value._fields, value)
    elif isinstance(value, (tuple, list)):
        name = name or "output"
        items = enumerate(value)
    else:
        what = f" as `{name}`" if name else ""
        raise TypeError(f"it returns a {type(value).__name__}{what}; only tensors, and tuples and dictionaries of them, can be served")
    for key, each in items:
        yield from _parts(each, f"{name}_{key}" if name else str(key))
