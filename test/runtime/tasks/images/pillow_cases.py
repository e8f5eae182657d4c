"""Writes pictures of many kinds, and what Pillow makes of them: python pillow_cases.py FOLDER RESIZES

cases.json lists each picture with its steps. NAME.rgb holds the pixels of a case after its steps, in RGB or grey.
"""

import io
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

folder, resizes = Path(sys.argv[1]), int(sys.argv[2])
random = np.random.default_rng(18)
cases = []


def pixels(height: int, width: int, channels: int) -> np.ndarray:
    """Returns smooth areas with noise, as photos have."""
    coarse = random.integers(0, 256, (max(2, height // 8), max(2, width // 8), channels)).astype(np.uint8)
    planes = [Image.fromarray(coarse[..., channel]).resize((width, height), Image.BICUBIC) for channel in range(channels)]
    smooth = np.stack([np.asarray(plane) for plane in planes], axis=-1).astype(int)
    return np.clip(smooth + random.integers(-12, 13, smooth.shape), 0, 255).astype(np.uint8)


def expect(file: str, steps: list, image: Image.Image) -> None:
    name = f"{len(cases)}.rgb"
    (folder / name).write_bytes(image.tobytes())
    cases.append({"file": file, "steps": steps, "expected": name, "size": [image.height, image.width], "mode": image.mode})


def write(file: str, data: bytes) -> None:
    (folder / file).write_bytes(data)
    for mode in ("RGB", "L"):
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert(mode)
        expect(file, [{"type": "orient"}, {"type": "convert", "mode": mode}], image)


def save(file: str, image: Image.Image, **options) -> None:
    buffer = io.BytesIO()
    image.save(buffer, {"jpg": "JPEG", "tif": "TIFF"}.get(file[-3:], Path(file).suffix[1:]), **options)
    write(file, buffer.getvalue())


def png16(values: np.ndarray, color: int) -> bytes:
    """Returns a PNG with 16 bits a channel, which Pillow reads and does not write."""
    height, width, _ = values.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


HEIGHT, WIDTH = 61, 83
rgb = Image.fromarray(pixels(HEIGHT, WIDTH, 3))
grey = Image.fromarray(pixels(HEIGHT, WIDTH, 1)[..., 0])
rgba = Image.fromarray(pixels(HEIGHT, WIDTH, 4))
grey_alpha = Image.fromarray(pixels(HEIGHT, WIDTH, 2), "LA")
cmyk = Image.fromarray(pixels(HEIGHT, WIDTH, 4), "CMYK")
deep = random.integers(0, 65536, (HEIGHT, WIDTH, 4)).astype(np.uint16)
srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


for subsampling in range(3):
    save(f"subsampling{subsampling}.jpg", rgb, subsampling=subsampling, quality=85)
save("progressive.jpg", rgb, progressive=True, quality=40)
save("grey.jpg", grey)
save("cmyk.jpg", cmyk)
save("profile.jpg", rgb, icc_profile=srgb)
for value in range(1, 9):
    save(f"orientation{value}.jpg", rgb, exif=orientation(value))
for file in ("orientation6.png", "orientation6.webp", "orientation6.tif"):
    save(file, rgb, exif=orientation(6))
    expect(file, [{"type": "convert", "mode": "RGB"}], Image.open(folder / file).convert("RGB"))
save("rgb.png", rgb)
save("rgba.png", rgba)
save("grey.png", grey)
save("grey_alpha.png", grey_alpha)
save("bits.png", grey.convert("1"))
for colors in (4, 16, 200):
    save(f"palette{colors}.png", rgb.quantize(colors))
save("palette_transparent.png", rgb.quantize(50), transparency=3)
save("rgb_transparent.png", rgb, transparency=(10, 20, 30))
save("profile.png", rgb, icc_profile=srgb)
save("grey16.png", Image.fromarray(deep[..., 0] % 400))
write("rgb16.png", png16(deep[..., :3], 2))
write("rgba16.png", png16(deep, 6))
write("grey_alpha16.png", png16(deep[..., :2], 4))
save("animated.png", rgb, save_all=True, append_images=[ImageOps.mirror(rgb)])
save("lossy.webp", rgb, quality=80)
save("lossless.webp", rgb, lossless=True)
save("alpha.webp", rgba, quality=80)
save("animated.webp", rgb, save_all=True, append_images=[ImageOps.mirror(rgb)])
save("palette.gif", rgb.quantize(256))
save("grey.gif", grey)
save("animated.gif", rgb.quantize(50), save_all=True, append_images=[ImageOps.mirror(rgb).quantize(30)])
for name, image in {"rgb": rgb, "rgba": rgba, "grey": grey, "cmyk": cmyk, "bits": grey.convert("1")}.items():
    save(f"{name}.tif", image)
save("lzw.tif", rgb, compression="tiff_lzw")
save("palette.tif", rgb.quantize(50))
save("grey16.tif", Image.fromarray(deep[..., 0] % 400))
save("pages.tif", rgb, save_all=True, append_images=[ImageOps.mirror(rgb)])

FILTERS = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")
for index in range(resizes):
    name = FILTERS[index % len(FILTERS)]
    high, wide, to_high, to_wide = (int(value) for value in np.exp(random.uniform(0, 6, 4)).round())
    image = Image.fromarray(pixels(high, wide, 3)).convert("L" if index % 5 == 4 else "RGB")
    file = f"resize{index}.png"
    image.save(folder / file)
    steps = [
        {"type": "convert", "mode": image.mode},
        {"type": "resize", "height": to_high, "width": to_wide, "filter": name},
    ]
    expect(file, steps, image.resize((to_wide, to_high), Image.Resampling[name.upper()]))

(folder / "cases.json").write_text(json.dumps(cases))
