"""Restrictions of this process, enforced by the Linux kernel as far as the host supports them."""

import ctypes
import os
import resource
import struct
import sys

# https://man7.org/linux/man-pages/man2/PR_SET_NO_NEW_PRIVS.2const.html
PR_SET_NO_NEW_PRIVS = 38

# https://man7.org/linux/man-pages/man2/capset.2.html: version 3, CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH.
CAPABILITY_VERSION = 0x20080522
ACCESS_TO_FILES = 0b110

# Landlock: https://docs.kernel.org/userspace-api/landlock.html. The numbers are the same on every processor.
CREATE_RULESET = 444
ADD_RULE = 445
RESTRICT_SELF = 446
RULESET_VERSION = 1
PATH_BENEATH = 1

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
# Removing and creating files of any kind, and moving them between folders since version 2.
CHANGE_FOLDER = ((1 << 13) - 1) ^ ((1 << 4) - 1)
REFER = 1 << 13
TRUNCATE = 1 << 14

READ = EXECUTE | READ_FILE | READ_DIR
# Rights that apply to files. The kernel rejects the others for a path that is a file.
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

TCP = 0b11
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

# Shared libraries, devices, and what numeric libraries read about the processor and the time zone. The kernel protects
# the environment and memory of other processes in `/proc`.
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sys", "/proc", "/etc/ld.so.cache", "/etc/localtime")
DEVICES = "/dev"


def restrict(path, is_trusted):
    """Restricts this process and returns what it can no longer do, for people. Code that is not trusted reads only the
    model and the installed software, writes only temporary files, and opens no TCP connection."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    on = ["no core dumps"]
    if sys.platform != "linux":
        return on
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        on.append("no new privileges")
    if not is_trusted:
        # joblib would try to create a semaphore, and warn that it cannot.
        os.environ.setdefault("JOBLIB_MULTIPROCESSING", "0")
        on += [*_drop_capabilities(libc), *_landlock(libc, path)]
    return on


def _drop_capabilities(libc):
    """Drops what root may do, such as reading the environment of other processes. Access to files stays, because models
    may belong to another user, and Landlock restricts it."""
    if os.getuid() != 0:
        return []
    header = struct.pack("=Ii", CAPABILITY_VERSION, 0)
    sets = struct.pack("=6I", ACCESS_TO_FILES, ACCESS_TO_FILES, 0, 0, 0, 0)
    return ["no capabilities of root"] if libc.capset(header, sets) == 0 else []


def _landlock(libc, path):
    def call(*arguments):
        return libc.syscall(*(ctypes.c_void_p(each) if each is None else each for each in arguments))

    # Kernels before 5.13 lack it, and some containers forbid it.
    version = call(CREATE_RULESET, None, ctypes.c_size_t(0), RULESET_VERSION)
    if version < 1:
        return []
    write = WRITE_FILE | CHANGE_FOLDER | (REFER if version >= 2 else 0) | (TRUNCATE if version >= 3 else 0)
    rights = [READ | write]
    if version >= 4:
        rights.append(TCP)
    if version >= 6:
        rights.append(ABSTRACT_SOCKETS_AND_SIGNALS)
    attributes = struct.pack(f"{len(rights)}Q", *rights)
    ruleset = call(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return []
    allowed = {each: READ for each in (*SYSTEM, sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path, path) if each}
    allowed[DEVICES] = READ | WRITE_FILE
    if folder := os.environ.get("TMPDIR"):
        allowed[folder] = READ | write
        # Frameworks read the user's settings from the home folder, and fail if they may not.
        os.environ["HOME"] = folder
    for each, access in allowed.items():
        _allow(call, ruleset, each, access)
    is_on = call(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    if not is_on:
        return []
    on = ["no files of others"]
    if version >= 4:
        on.append("no TCP connections")
    if version >= 6:
        on.append("no signals to others")
    return on


def _allow(call, ruleset, path, access):
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        access &= OF_FILES
    call(ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", access, descriptor), 0)
    os.close(descriptor)
