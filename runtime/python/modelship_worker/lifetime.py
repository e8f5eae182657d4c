"""When this process ends, as far as the kernel has a say. On other systems than Linux the connection alone tells."""

import ctypes
import signal
import sys

# https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
PR_SET_PDEATHSIG = 1

# Of at most 1000. The server has the children that are killed first when memory runs out, and lives on.
OUT_OF_MEMORY_SCORE = "900"


def tie_to_server():
    """Ends this process with the server, even while the model runs code that nobody can interrupt."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(OUT_OF_MEMORY_SCORE)
    except OSError:
        # Not every sandbox has it, and it only chooses between processes.
        pass
