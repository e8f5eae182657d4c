"""The two photos that scikit-learn ships, both CC BY 2.0: a temple in China by ultraorange, a flower by Dan."""

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

SIZE = 224

# Fewer digits in JSON than the quotients have, and the same 32-bit numbers.
SCALED = [float(f"{value / 255:.8g}") for value in range(256)]


def photos():
    """Name and pixels of each photo: [224, 224, 3] from 0 to 1."""
    images = load_sample_images()
    for path, pixels in zip(images.filenames, images.images):
        small = Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.BILINEAR)
        yield path.rpartition("/")[2], np.array(SCALED)[np.asarray(small)]
