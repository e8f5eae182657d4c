"""Trains a GAN of PyTorch that draws digits of 8×8 pixels, and a classifier that reads what it draws."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import numpy as np
from gallery import SEED, export_network, folder, pixels, seeded_torch, train_network, write_json_rows, write_samples
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, one_hot

torch = seeded_torch()

NOISE, DIGITS, BATCH, STEPS = 16, 10, 128, 1200


class Generator(nn.Module):
    """Draws the digit asked for. Other noise gives another picture of it."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(NOISE + DIGITS, 128), nn.LeakyReLU(0.2), nn.Linear(128, 256), nn.LeakyReLU(0.2),
            nn.Linear(256, 64), nn.Sigmoid(),
        )

    def forward(self, noise, digit):
        return self.layers(torch.cat([noise, one_hot(digit, DIGITS).float()], 1))


class Critic(nn.Module):
    """Tells whether a picture was drawn by the generator, and which digit it shows."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(64, 256), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(256, 128), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        )
        self.is_real, self.digit = nn.Linear(128, 1), nn.Linear(128, DIGITS)

    def forward(self, pictures):
        features = self.layers(pictures)
        return self.is_real(features)[:, 0], self.digit(features)


def train(generator, critic, pictures, digits):
    optimizers = [torch.optim.Adam(each.parameters(), lr=0.0004, betas=(0.5, 0.999)) for each in (generator, critic)]
    for _ in range(STEPS):
        real = torch.randint(len(pictures), (BATCH,))
        asked = torch.randint(DIGITS, (BATCH,))
        drawn = generator(torch.randn(BATCH, NOISE), asked)
        scores, read = critic(pictures[real])
        drawn_scores, _ = critic(drawn.detach())
        loss = binary_cross_entropy_with_logits(scores, torch.full_like(scores, 0.9))
        loss = loss + binary_cross_entropy_with_logits(drawn_scores, torch.zeros(BATCH)) + cross_entropy(read, digits[real])
        step(optimizers[1], loss)
        scores, read = critic(drawn)
        step(optimizers[0], binary_cross_entropy_with_logits(scores, torch.ones(BATCH)) + cross_entropy(read, asked))


def step(optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


class Served(nn.Module):
    """The generator, and a classifier that has seen real pictures only."""

    def __init__(self, generator, reader):
        super().__init__()
        self.generator, self.reader = generator, reader

    def forward(self, noise, digit):
        picture = self.generator(noise, digit)
        return picture.reshape(-1, 8, 8), self.reader(picture).softmax(1)


rows, _, labels, _ = pixels()
reader = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, DIGITS))
train_network(reader, rows, labels, 20)
generator = Generator()
train(generator, Critic(), torch.tensor(rows), torch.tensor(labels))

model = Served(generator, reader).eval()
out = folder()
example = {"noise": torch.zeros(2, NOISE), "digit": torch.zeros(2, dtype=torch.int64)}
export_network(model, out / "model.onnx", example, ["picture", "probabilities"])
random = np.random.default_rng(SEED)
noise = random.normal(size=(1000, NOISE)).round(4).astype(np.float32)
asked = np.arange(1000) % DIGITS
picture, probabilities = (each.detach() for each in model(torch.tensor(noise[:10]), torch.tensor(asked[:10])))
write_samples(out / "samples.json", {"noise": noise[:10], "digit": asked[:10]},
              {"picture": picture, "probabilities": probabilities})
write_json_rows(out / "asked.jsonl", {"noise": noise, "digit": asked, "label": asked})
