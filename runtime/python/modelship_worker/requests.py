"""Requests to handlers, and their responses, as tensors carry them.

Each request is a row of two texts. `body` has the bytes of all parts of the request one after another. `request` is a
JSON object with the header fields (`headers`), and the name, content type and size of each part (`parts`): one named
`body`, or the fields of a form. Requests by protocols without header fields have a body only.

Each response is a row of two texts, too: `body`, and as `response` a JSON object with `status` and `headers`, or with
`status` and `error`, a message that the protocol encodes as it encodes errors.
"""

import dataclasses
import json

BODY = "body"


class Headers(dict):
    """Header fields whose names are found in any case."""

    def __init__(self, fields):
        super().__init__({name.lower(): value for name, value in fields.items()})

    def __getitem__(self, name):
        return super().__getitem__(name.lower())

    def __contains__(self, name):
        return super().__contains__(name.lower())

    def get(self, name, default=None):
        return super().get(name.lower(), default)


@dataclasses.dataclass(frozen=True)
class Part:
    """The body of a request, or a field of its form."""

    name: str
    content_type: str
    value: bytes


class Request:
    """A request to a handler."""

    def __init__(self, headers, parts):
        self.headers = Headers(headers)
        self.parts = parts

    @property
    def body(self):
        """Bytes of the body. Of a form, those of the field `data`, `body`, or the first one."""
        named = {part.name: part.value for part in self.parts}
        return next((named[name] for name in (BODY, "data", *named) if name in named), b"")

    @property
    def content_type(self):
        """Content type without parameters, such as `application/json`. Empty if the client sent none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def fields(self):
        """Bytes of each field of a form by its name."""
        return {part.name: part.value for part in self.parts if part.name != BODY}


@dataclasses.dataclass(frozen=True)
class Response:
    """The response of a handler. With `error`, the body is left to the protocol."""

    body: bytes = b""
    status: int = 200
    headers: dict = dataclasses.field(default_factory=dict)
    error: str = None

    @property
    def described(self):
        if self.error is not None:
            return {"status": self.status, "error": self.error}
        return {"status": self.status, "headers": self.headers}


def read_requests(bodies, described=None):
    """Reads a request from each row. Without header fields, the first character tells whether a body is JSON."""
    if described is None:
        return [_bare(bytes(body)) for body in bodies]
    return [_described(bytes(body), json.loads(bytes(each))) for body, each in zip(bodies, described)]


def _bare(body):
    content_type = "application/json" if body.lstrip()[:1] in (b"[", b"{") else "application/octet-stream"
    return Request({"content-type": content_type}, [Part(BODY, content_type, body)])


def _described(body, described):
    parts = []
    start = 0
    for part in described["parts"]:
        end = start + part["size"]
        parts.append(Part(part["name"], part["type"], body[start:end]))
        start = end
    return Request(described["headers"], parts)
