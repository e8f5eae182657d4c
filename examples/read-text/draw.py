"""Draws the pictures in `pictures/`, by the fonts of Debian 12: several fonts and sizes, turned, slanted, columns, other scripts.

apt-get install fonts-dejavu-core fonts-liberation fonts-freefont-ttf fonts-wqy-microhei fonts-ipafont-gothic
pip install pillow
python draw.py
"""

import pathlib

from PIL import Image, ImageDraw, ImageFont

OUT = pathlib.Path(__file__).parent / "pictures"
FONTS = pathlib.Path("/usr/share/fonts")
SANS, SERIF, MONO = (str(FONTS / f"truetype/dejavu/DejaVu{kind}.ttf") for kind in ("Sans", "Serif", "SansMono"))
LIBERATION, ITALIC, BOLD, NARROW = (
    str(FONTS / f"truetype/liberation/Liberation{kind}.ttf")
    for kind in ("Sans-Regular", "Serif-Italic", "Mono-Bold", "SansNarrow-Regular")
)
FREE_SERIF, FREE_SANS = (str(FONTS / f"truetype/freefont/Free{kind}.ttf") for kind in ("Serif", "SansBold"))
LATIN = [SANS, SERIF, MONO, LIBERATION, ITALIC, BOLD, FREE_SERIF, FREE_SANS, NARROW]
CHINESE = str(FONTS / "truetype/wqy/wqy-microhei.ttc")
JAPANESE = str(FONTS / "opentype/ipafont-gothic/ipag.ttf")
TEXT = ["Modelship reads text in pictures", "Total: 1,234.56 EUR", "Invoice 2026-11-30 No. 7781"]


def page(lines, font, size, wh=(640, 240), fg=(0, 0, 0), bg=(255, 255, 255), pos=(20, 20), step=1.6):
    picture = Image.new("RGB", wh, bg)
    write(picture, lines, font, size, pos, size * step, fg)
    return picture


def write(picture, lines, font, size, pos, distance, fg=(0, 0, 0)):
    draw = ImageDraw.Draw(picture)
    for index, line in enumerate(lines):
        draw.text((pos[0], pos[1] + index * distance), line, font=ImageFont.truetype(font, size), fill=fg)


def save(picture, name, **options):
    if name.endswith(".png"):
        grey = picture.convert("L")
        picture = grey if grey.convert("RGB").tobytes() == picture.convert("RGB").tobytes() else picture
        options["optimize"] = True
    picture.save(OUT / name, **options)


OUT.mkdir(exist_ok=True)
for index, font in enumerate(LATIN):
    save(page(TEXT, font, 28), f"font{index}.png")
for index, size in enumerate((12, 16, 22, 40, 60)):
    save(page(TEXT[:2], LATIN[index], size, (900, 260)), f"size{size}.png")
save(page(TEXT, SANS, 28).rotate(180), "turned.png")
save(page(TEXT, LIBERATION, 28).rotate(180), "turned2.jpg", quality=85)
for angle in (3, -5, 9, -14, 20):
    straight = page(TEXT, SERIF, 28, (700, 400), pos=(60, 120))
    save(straight.rotate(angle, fillcolor=(255, 255, 255), resample=Image.BICUBIC), f"slant{angle}.png")
columns = page(["The left column has", "three short lines of", "plain English text."], LIBERATION, 22, (700, 260), step=35 / 22)
write(columns, ["The right one says", "something else and", "ends with 42."], LIBERATION, 22, (380, 20), 35)
save(columns, "columns.png")
save(page(["0123456789", "3.14159 2.71828", "+49 30 1234567", "12:45:59  99%"], MONO, 32, (520, 260)), "digits.png")
save(page(["你好，世界", "文字识别模型", "2026年11月30日"], CHINESE, 34, (420, 240)), "chinese.png")
save(page(["こんにちは世界", "テキスト認識", "東京タワー"], JAPANESE, 34, (420, 240)), "japanese.png")
save(page(["Grüße aus Köln", "naïve café déjà vu", "Ελληνικά Русский"], SANS, 30, (480, 220)), "latin.png")
save(page(TEXT, SANS, 28, fg=(255, 255, 255), bg=(20, 20, 20)), "dark.png")
save(page(TEXT, BOLD, 26, fg=(200, 30, 40), bg=(250, 240, 200)), "colour.jpg", quality=70)
save(page(["VERTICAL"], SANS, 40, (260, 90)).rotate(90, expand=True), "vertical.png")
wide = ["A line that is much wider than it is high, as in a screenshot of a log"]
save(page(wide, MONO, 20, (960, 40), pos=(6, 8)), "wide.png")
save(page(["tiny"], SANS, 14, (60, 24), pos=(4, 3)), "tiny.png")
save(page(["One very wide banner of text 2026"], SANS, 80, (2600, 300), pos=(100, 100)), "huge.png")
save(page([], SANS, 28), "blank.png")
gradient = Image.linear_gradient("L").rotate(90).resize((400, 200)).convert("RGB")
write(gradient, ["On a gradient"], SERIF, 40, (20, 60), 0, (255, 0, 0))
save(gradient, "gradient.png")
words = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau".split()
dense = page([], SANS, 20, (1400, 900))
for row in range(20):
    for left, factor, count in ((20, 1, 6), (720, 3, 5)):
        line = " ".join(words[(row * factor + index) % len(words)] for index in range(count))
        write(dense, [line], LIBERATION, 20, (left, 20 + row * 42), 0)
save(dense, "dense.png")
exif = Image.Exif()
exif[0x112] = 6
camera = page(["Page with EXIF", "turned by camera"], SANS, 36, (480, 200)).rotate(90, expand=True)
save(camera, "exif.jpg", exif=exif, quality=92)
save(page(["Grey scale PNG"], SANS, 36, (420, 90)), "grey.png")
