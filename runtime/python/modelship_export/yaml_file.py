"""Reads a YAML file as plain values. Tags that would create objects are refused."""

import math
import os

import yaml

# Maximum number of nodes and characters once aliases are replaced by what they stand for. Aliases of aliases, made to fill
# memory, stand for billions; the signature of a table of thousands of columns has fewer than a million.
MAX_SIZE = 5_000_000


class _Loader(yaml.SafeLoader):
    """Reads dates, and numbers that JSON lacks, as the text in the file."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _float(loader, node):
    value = loader.construct_yaml_float(node)
    return value if math.isfinite(value) else node.value


_Loader.add_constructor("tag:yaml.org,2002:float", _float)


def read(request):
    path = request["yaml"]
    _check_size(os.path.getsize(path))
    with open(path, encoding="utf-8") as file:
        loader = _Loader(file)
        try:
            root = loader.get_single_node()
            if root is None:
                return None
            _check_aliases(root)
            return loader.construct_document(root)
        finally:
            loader.dispose()


def _check_aliases(root):
    """Counts the nodes before values are made from them, because merged mappings (`<<`) already copy what aliases name."""
    waiting = [root]
    size = 0
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.ScalarNode):
            size += len(node.value)
        else:
            is_list = isinstance(node, yaml.SequenceNode)
            children = node.value if is_list else [each for pair in node.value for each in pair]
            size += len(children)
            waiting += children
        _check_size(size)


def _check_size(size):
    if size > MAX_SIZE:
        raise ValueError(f"it has more than {MAX_SIZE:,} nodes and characters")
