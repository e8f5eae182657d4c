"""Lifetime of this process on Linux, enforced by the kernel. On other systems, only the closed connection ends it."""

import ctypes
import signal
import sys

# https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
PR_SET_PDEATHSIG = 1

# The maximum is 1000. The kernel kills a worker before the server when memory runs out, so the server survives.
OUT_OF_MEMORY_SCORE = "900"


def tie_to_server():
    """Ends this process when the server exits, even while the model runs uninterruptible code."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(OUT_OF_MEMORY_SCORE)
    except OSError:
        # Not every sandbox supports it, and it only affects which process the kernel kills.
        pass
