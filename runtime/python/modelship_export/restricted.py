"""Restricts the process to the files of one request."""

import os
import tempfile

from modelship_worker.sandbox import restrict


def restrict_to(path, out, is_trusted=False):
    """Makes `out` the only folder that the process may write to, and restricts it as a worker that loads `path`."""
    os.environ["TMPDIR"] = tempfile.tempdir = out
    restrict(path, is_trusted)
