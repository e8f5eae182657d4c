"""Saves good and hostile archives to the folder given."""

import gzip
import io
import sys
import tarfile
import warnings
import zipfile
from pathlib import Path

FOLDER = Path(sys.argv[1])
BINARY = bytes(range(250)) * 400
FILES = {"model.bin": BINARY, "folder/deep.txt": b"deep" * 1000, "empty": b""}

warnings.simplefilter("ignore")


def tar(name, entries, mode="w:gz", form=tarfile.GNU_FORMAT):
    with tarfile.open(FOLDER / name, mode, format=form) as archive:
        for path, content, kind in entries:
            entry = tarfile.TarInfo(path)
            entry.type, entry.size = kind, len(content)
            entry.linkname = "/etc/passwd" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            archive.addfile(entry, io.BytesIO(content))


def save_zip(name, entries, mode=0o100644, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(FOLDER / name, "w", compression) as archive:
        for path, content in entries:
            entry = zipfile.ZipInfo(path)
            # The constructor replaces backslashes on Windows only.
            entry.compress_type, entry.external_attr = compression, mode << 16
            archive.writestr(entry, content)


def both(name, entries):
    save_zip(f"{name}.zip", entries)
    tar(f"{name}.tar.gz", [(path, content, tarfile.REGTYPE) for path, content in entries])


both("good", FILES.items())
regular = [(path, content, tarfile.REGTYPE) for path, content in FILES.items()]
tar("good.tar", regular, "w")
tar("good-pax.tar.gz", regular, form=tarfile.PAX_FORMAT)
both("absolute", [("/etc/passwd", b"x")])
both("parent", [("folder/../../out", b"x")])
both("backslash", [("..\\out", b"x")])
both("drive", [("C:out", b"x")])
both("twice", [("model.bin", b"x"), ("./model.bin", b"y")])
both("case", [("model.bin", b"x"), ("MODEL.bin", b"y")])
both("bomb", [("zeros", bytes(200_000_000))])
both("many", [(str(number), b"") for number in range(10_001)])
both("repeated", [("a", b"")] * 10_001)
save_zip("link.zip", [("link", b"/etc/passwd")], 0o120777)
tar("link.tar.gz", [("link", b"", tarfile.SYMTYPE)])
tar("hard.tar.gz", [("hard", b"", tarfile.LNKTYPE)])
tar("device.tar.gz", [("device", b"", tarfile.CHRTYPE)])
save_zip("bzip2.zip", FILES.items(), compression=zipfile.ZIP_BZIP2)

save_zip("encrypted.zip", [("secret", b"x")])
save_zip("liar.zip", [("model.bin", BINARY)])
save_zip("lost.zip", [("model.bin", BINARY)])
for name, offset, value in (
    ("encrypted.zip", 8, b"\1"),
    ("liar.zip", 24, (50_000).to_bytes(4, "little")),
    ("lost.zip", 42, (1 << 30).to_bytes(4, "little")),
):
    data = bytearray((FOLDER / name).read_bytes())
    entry = data.index(b"PK\1\2") + offset
    data[entry : entry + len(value)] = value
    (FOLDER / name).write_bytes(data)
(FOLDER / "plain.gz").write_bytes(gzip.compress(b"no archive" * 100))
