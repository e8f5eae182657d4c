"""Writes hostile pickles to the folder given without running any, and prints the format of each file, and what a scan of it
should say, in JSON."""

import gzip
import io
import json
import pickle
import struct
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import joblib
import numpy as np

folder = Path(sys.argv[1])
expected = {}


def write(name, content, says, kind="pickle"):
    expected[name] = [kind, says]
    (folder / name).write_bytes(content)


def text(value):
    """Opcode of a string."""
    return b"\x8c" + bytes([len(value)]) + value.encode()


def imported(module, name):
    """Opcodes of an import in protocol 4."""
    return text(module) + text(name) + b"\x93"


def calls(module, name, *arguments):
    """A pickle of protocol 4 that calls a function with strings."""
    return b"\x80\x04" + imported(module, name) + b"(" + b"".join(map(text, arguments)) + b"tR."


def framed(content):
    return b"\x80\x04\x95" + struct.pack("<Q", len(content)) + content


def archive(*members, method=zipfile.ZIP_STORED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as out:
        for name, content in members:
            out.writestr(name, content)
    return buffer.getvalue()


def old_torch(content):
    """A file of PyTorch before version 1.6."""
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
    return magic + b"".join(pickle.dumps(each, protocol=2) for each in (1001, {})) + content + pickle.dumps([], protocol=2)


class Calls:
    """Pickles as the call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


system = calls("os", "system", "id")
named = "imports os.system"
hidden = framed(imported("numpy", "ndarray") + b"0") + b"N."

# Functions that run commands or code, by each way to import and call.
write("global.pkl", b"\x80\x02cos\nsystem\n(S'id'\ntR.", named)
write("no-protocol.pkl", b"cos\nsystem\n(S'id'\ntR.", named)
write("stack-global.pkl", system, named)
write("posix.pkl", calls("posix", "system", "id"), "imports posix.system")
write("inst.pkl", b"(S'id'\nios\nsystem\n.", named)
write("obj.pkl", b"\x80\x02(cos\nsystem\nS'id'\no.", named)
write("newobj.pkl", b"\x80\x04" + imported("subprocess", "Popen") + text("id") + b"\x85\x81.", "imports subprocess.Popen")
write("newobj-ex.pkl", b"\x80\x04" + imported("subprocess", "Popen") + text("id") + b"\x85}\x92.", "imports subprocess.Popen")
write("eval.pkl", pickle.dumps(Calls(eval, "1")), "imports builtins.eval")
write("exec-2.pkl", pickle.dumps(Calls(exec, "1"), protocol=2), "imports __builtin__.exec")
write("import.pkl", calls("builtins", "__import__", "os"), "imports builtins.__import__")
write("commands.pkl", b"\x80\x02ccommands\ngetoutput\n(S'id'\ntR.", "imports commands.getoutput")
write("runpy.pkl", calls("runpy", "run_path", "file.py"), "imports runpy.run_path")
write("pty.pkl", calls("pty", "spawn", "sh"), "imports pty.spawn")
write("browser.pkl", calls("webbrowser", "open", "http://localhost"), "imports webbrowser.open")
write("importlib.pkl", calls("importlib", "import_module", "os"), "imports importlib.import_module")
write("pydoc.pkl", calls("pydoc", "pipepager", "text", "id"), "imports pydoc.pipepager")
write("numpy.pkl", calls("numpy.testing._private.utils", "runstring", "1", "d"), "imports numpy.testing._private.utils.runstring")
write("methodcaller.pkl", pickle.dumps(__import__("operator").methodcaller("system", "id")), "methodcaller")

# Names that are hidden from readers of imports.
write("attribute.pkl", calls("sklearn.base", "os.system", "id"), "imports sklearn.base.os.system")
write("globals.pkl", calls("collections", "OrderedDict.fromkeys.__globals__", "id"), "__globals__")
write("memo.pkl", b"\x80\x04" + text("system") + b"\x940" + text("os") + b"h\x00\x93" + text("id") + b"\x85R.", named)
computed = imported("_codecs", "encode") + text("flfgrz") + text("rot13") + b"\x86R"
write("computed.pkl", b"\x80\x04" + text("os") + computed + b"\x93" + text("id") + b"\x85R.", "computes the name")
write("escaped.pkl", b"\x80\x04S'\\x6fs'\n" + text("system") + b"\x93" + text("id") + b"\x85R.", "computes the name")
write("extension.pkl", b"\x80\x02\x82\x01)R.", "uses an extension code")
write("persistent.pkl", b"Pos.system\n.", "has a persistent id")

# Calls and changes of what is imported.
attribute = imported("builtins", "getattr") + imported("sklearn.base", "inspect") + text("os") + b"\x86R"
write("getattr.pkl", b"\x80\x04" + attribute + text("id") + b"\x85R.", "calls what builtins.getattr returns")
write("partial.pkl", b"\x80\x04" + imported("functools", "partial") + imported("numpy", "load") + b"\x85R" + text("x") + b"\x85R.", "calls what functools.partial returns")
write("patch.pkl", b"\x80\x04" + imported("sklearn.base", "BaseEstimator") + b"}" + text("fit") + b"Nsb.", "changes sklearn.base.BaseEstimator")
write("dictionary.pkl", b"\x80\x04" + imported("sklearn.svm._base", "LIBSVM_IMPL") + b"Na.", "changes sklearn.svm._base.LIBSVM_IMPL")

# Pickles in other files, and behind other content.
write("nested.pkl", b"\x80\x04" + imported("pickle", "loads") + b"C" + bytes([len(system)]) + system + b"\x85R.", "imports pickle.loads")
inner = old_torch(system)
write("nested-torch.pkl", b"\x80\x04" + imported("torch.storage", "_load_from_bytes") + b"B" + struct.pack("<I", len(inner)) + inner + b"\x85R.", named)
write("nested-bytes.pkl", b"\x80\x04" + imported("torch.storage", "_load_from_bytes") + b"C" + bytes([len(system)]) + system + b"\x85R.", "loads bytes that are not a file of PyTorch")
write("second.pkl", pickle.dumps({}) + system, named)
write("cut.pkl", system[:-1], named)
write("garbage.pkl", system[:-1] + b"\xff.", named)
write("zlib.joblib", zlib.compress(system), named)
write("gzip.joblib", gzip.compress(system), named)
joblib.dump({"names": np.array([Calls(eval, "1")], dtype=object)}, folder / "objects.joblib")
expected["objects.joblib"] = ["pickle", "imports builtins.eval"]
joblib.dump({"rows": np.zeros(9)}, folder / "array.joblib")
array = (folder / "array.joblib").read_bytes()
write("after-array.joblib", array[:-1] + b"0" + system[2:], named)
# Python reads the elements of this array from behind the frame, and takes what is behind the state for opcodes.
write("frame.joblib", b"\x80\x04\x95" + struct.pack("<Q", len(array) - 2) + array[13:-1] + system[2:], "middle of a frame")

# Files of PyTorch.
write("torch.pt", archive(("net/data.pkl", system), ("net/version", b"3")), named, "torch_pickle")
write("deflated.pt", archive(("net/data.pkl", system), method=zipfile.ZIP_DEFLATED), named, "torch_pickle")
harmless = pickle.dumps({}, protocol=2)
sys.modules["warnings"].simplefilter("ignore")
write("twice.pt", archive(("net/data.pkl", harmless), ("net/data.pkl", harmless)), "two files with the name", "torch_pickle")
write("storage.pt", archive(("net/data.pkl", b"\x80\x02Nq\x00Q.")), "has a persistent id", "torch_pickle")
write("old.pt", old_torch(system), named, "torch_pickle")
decoy = ("net/data.pkl", harmless)
index = json.dumps({"config": {"weight": {"path_name": "weight_0", "use_pickle": True}}})
write("program.pt2", archive(decoy, ("net/data/weights/model_weights_config.json", index), ("net/data/weights/weight_0", old_torch(system))), named, "exported_program")
write("old-program.pt2", archive(decoy, ("serialized_state_dict.pt", system)), named, "exported_program")
buffer = io.BytesIO()
with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
    tar.addfile(tarfile.TarInfo("storages"), io.BytesIO())
write("tar.pt", buffer.getvalue(), "TAR archive", "torch_pickle")
print(json.dumps(expected))
