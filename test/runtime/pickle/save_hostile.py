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


def dtype(kind, *state):
    """Opcodes of a type of NumPy. The state has opcodes as items."""
    made = imported("numpy", "dtype") + text(kind) + b"\x89\x88\x87R"
    return made + (b"(" + b"".join(state) + b"tb" if state else b"")


def dtype_state(version=b"K\x03", size=b"J\xff\xff\xff\xff", flags=b"K\x00"):
    return version, text("|"), b"N", b"N", b"N", size, b"J\xff\xff\xff\xff", flags


WRAPPER = imported("joblib.numpy_pickle", "NumpyArrayWrapper")
OBJECT = imported("builtins", "object")
NDARRAY = imported("numpy", "ndarray")


def array_state(dtype, shape):
    """Opcodes that set the state of joblib's placeholder of an array without padding."""
    items = {"subclass": NDARRAY, "shape": shape, "order": text("C"), "dtype": dtype, "allow_mmap": b"\x89"}
    return b"}(" + b"".join(text(key) + value for key, value in items.items()) + b"ub"


def sixteen(content):
    """The 16 bytes of an array, and a pickle that goes on behind it. Who takes the 16 bytes for opcodes, skips the rest."""
    return b"B" + struct.pack("<I", 11 + len(content)) + bytes(11) + content + b"."


class Calls:
    """Pickles as the call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


system = calls("os", "system", "id")
named = "imports os.system"

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

# Numbers that other readers parse differently.
write("digits.pkl", b"\x80\x04" + text("os") + b"p1\n" + text("numpy") + b"p1_0\n" + text("system") + b"p2\n" + text("dtype") + b"p2_0\ng1\ng2\n\x93" + text("id") + b"\x85R.", "a number that Python does not write")
write("large.pkl", b"\x80\x04Np9007199254740993\n.", "a number that Python does not write")
after = b"0" + system[2:]
bytes16, sixteen_rows = dtype("u1"), b"K\x10\x85"
write("hexadecimal.joblib", b"\x80\x04" + WRAPPER + b")\x81" + array_state(bytes16, b"I0x10\n\x85") + sixteen(after), "a number that Python does not write")

# Arrays whose elements joblib reads elsewhere than it seems.
row = bytes([len(system)])
write("flagged.joblib", b"\x80\x04" + WRAPPER + b")\x81" + array_state(dtype("u1", *dtype_state(flags=b"K\x01")), b"K" + row + b"\x85") + system + b".", "a type that joblib does not write")
write("unflagged.joblib", b"\x80\x04" + WRAPPER + b")\x81" + array_state(dtype("O8", *dtype_state()), b"K\x02\x85") + sixteen(after), "a type that joblib does not write")
write("version.joblib", b"\x80\x04" + WRAPPER + b")\x81" + array_state(dtype("V1", *dtype_state(version=b"K\x02", size=b"K\x01", flags=b"K\x01")), sixteen_rows) + sixteen(after), "a type that joblib does not write")
flag = b"(" + b"".join(dtype_state(flags=b"K\x01")) + b"tb"
alias = b"\x94" + imported("numpy", "object_") + b"h\x00\x85R" + flag + b"0"
write("alias.joblib", b"\x80\x04" + bytes16 + alias + WRAPPER + b")\x81" + array_state(b"h\x00", b"K" + row + b"\x85") + system + b".", "changes what numpy.object_ returns")
rows16 = array_state(bytes16, sixteen_rows) + sixteen(after)
values = b"](" + WRAPPER + OBJECT + b"Ne"
write("computed-arguments.joblib", b"\x80\x04" + imported("copyreg", "_reconstructor") + imported("builtins", "tuple") + values + b"\x85RR" + rows16, "calls with arguments that it computes")
write("constructed.joblib", b"\x80\x04" + WRAPPER + b"(" + NDARRAY + sixteen_rows + text("C") + bytes16 + b"tR" + array_state(bytes16, sixteen_rows) + b"\x05" + bytes(15) + b"B" + struct.pack("<I", 1 + len(after)) + b"\x00" + after + b".", "a placeholder that joblib does not write")
moved = "uses joblib.numpy_pickle.NumpyArrayWrapper as a value"
write("returned.joblib", b"\x80\x04" + imported("numpy", "object_") + WRAPPER + b")\x81\x85R" + rows16, moved)
write("rebuilt.joblib", b"\x80\x04" + imported("torch._tensor", "_rebuild_from_type_v2") + b"(" + WRAPPER * 2 + b"(" + NDARRAY + sixteen_rows + text("C") + bytes16 + b"tNtR" + rows16, moved)
inner = b"\x80\x04" + WRAPPER + b")\x81}" + text("dtype") + bytes16 + b"sb."
write("inner.joblib", b"\x80\x04" + WRAPPER + b")\x81" + array_state(dtype("O8"), b"K\x01\x85") + inner + rows16, moved)

# Files of PyTorch.
loader = imported("torch.storage", "_load_from_bytes")
nested = b"B" + struct.pack("<I", len(old_torch(system))) + old_torch(system)
rebuild = imported("torch._tensor", "_rebuild_from_type_v2")
tensor = imported("torch", "Tensor")
passed = "uses torch.storage._load_from_bytes as a value"
write("passed.pkl", b"\x80\x04" + rebuild + b"(" + loader + tensor + nested + b"\x85NtR.", passed)
write("partial-load.pkl", b"\x80\x04" + imported("functools", "partial") + loader + nested + b"\x86R.", passed)
write("state-load.pkl", b"\x80\x04" + imported("functools", "partial") + imported("builtins", "dict") + b"\x85R(" + loader + nested + b"\x85}Ntb.", passed)
write("rebuilt-lookup.pkl", b"\x80\x04" + rebuild + b"(" + attribute + tensor + text("id") + b"\x85NtR.", "calls what builtins.getattr returns")
write("torch.pt", archive(("net/data.pkl", system), ("net/version", b"3")), named, "torch_pickle")
write("deflated.pt", archive(("net/data.pkl", system), method=zipfile.ZIP_DEFLATED), named, "torch_pickle")
harmless = pickle.dumps({}, protocol=2)
sys.modules["warnings"].simplefilter("ignore")
write("twice.pt", archive(("net/data.pkl", harmless), ("net/data.pkl", harmless)), "two files with the name", "torch_pickle")
write("storage.pt", archive(("net/data.pkl", b"\x80\x02Nq\x00Q.")), "has a persistent id", "torch_pickle")
write("old.pt", old_torch(system), named, "torch_pickle")
decoy = ("net/data.pkl", harmless)
write("case.pt", archive(("net/DATA.PKL", system), ("net/version", b"3")), named, "torch_pickle")
write("twice-by-case.pt", archive(decoy, ("net/Data.pkl", harmless)), "two files with the name", "torch_pickle")
write("without.pt", archive(("net/version", b"3")), "has no pickle", "torch_pickle")


def parts_of(*members):
    """The files of an archive, and its directory."""
    whole = archive(*members)
    start = whole.index(b"PK\x01\x02")
    return whole[:start], whole[start : whole.rindex(b"PK\x05\x06")]


def end_of(directory, offset):
    return struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 2, 2, len(directory), offset, 0)


version = ("net/version", b"3\n")
shown_files, shown_list = parts_of(decoy, version)
hostile_files, hostile_list = parts_of(("net/data.pkl", system), version)


def two_directories():
    """An archive whose end record names one directory, and whose record of ZIP64 another."""
    before = len(hostile_files)
    listed = before + len(hostile_list)
    offset = listed + len(shown_files)
    shown_offsets = shown_list.replace(b"\x00" * 4 + b"net/data.pkl", struct.pack("<I", listed) + b"net/data.pkl")
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 2, 2, len(hostile_list), before)
    locator = struct.pack("<IIQI", 0x07064B50, 0, offset + len(shown_list), 1)
    return hostile_files + hostile_list + shown_files + shown_offsets + record + locator + end_of(shown_list, offset)


write("zip64.pt", two_directories(), "ZIP archive without a directory", "torch_pickle")
# Readers that reckon from the end find one archive, and readers that reckon from the start another.
front = shown_files.ljust(len(hostile_files), b"\0") + shown_list
write("moved.pt", front + hostile_files + hostile_list + end_of(hostile_list, len(hostile_files)), "ZIP archive without a directory", "torch_pickle")
index = json.dumps({"config": {"weight": {"path_name": "weight_0", "use_pickle": True}}})
write("program.pt2", archive(decoy, ("net/data/weights/model_weights_config.json", index), ("net/data/weights/weight_0", old_torch(system))), named, "exported_program")
write("old-program.pt2", archive(decoy, ("serialized_state_dict.pt", system)), named, "exported_program")
buffer = io.BytesIO()
with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
    tar.addfile(tarfile.TarInfo("storages"), io.BytesIO())
write("tar.pt", buffer.getvalue(), "TAR archive", "torch_pickle")
name = b"\x80\x02N." + bytes([0xFF]) * 9
block = buffer.getvalue()[:512]
block = name + block[len(name) :]
unsigned, signed = (256 + sum(struct.unpack_from(form, block)) for form in ("148B8x356B", "148b8x356b"))
sums = {
    "signed": b"%06o\0 " % signed,
    "prefixed": b"0o%05o\0" % unsigned,
    "underscored": b"0_%05o\0" % unsigned,
    "binary": b"\x80" + unsigned.to_bytes(7, "big"),
}
for kind, field in sums.items():
    header = block[:148] + field + block[156:]
    assert tarfile.TarInfo.frombuf(header, "latin-1", "strict").chksum in (unsigned, signed)
    write(f"tar-{kind}.pt", header + bytes(1024), "TAR archive", "torch_pickle")
print(json.dumps(expected))
