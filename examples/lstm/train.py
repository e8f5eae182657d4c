"""Trains an LSTM of PyTorch that tells what a person does from the acceleration of a watch. The sequences are made here."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
import numpy as np
from gallery import SEED, export_network, folder, seeded_torch, train_network, write_json_rows, write_samples
from torch import nn

torch = seeded_torch()

STEPS, SEQUENCES = 50, 3000
# Steps in a second and strength of a movement. Only their order in time tells walking from stairs.
ACTIVITIES = {"rest": (0, 0), "walk": (1.8, 0.5), "stairs": (1.3, 0.5), "run": (2.7, 0.9)}


def sequences(random):
    """Makes accelerations of three axes in 50 readings of two and a half seconds, and the activity of each."""
    labels = random.integers(0, len(ACTIVITIES), SEQUENCES)
    rate, strength = np.array(list(ACTIVITIES.values()))[labels].T[:, :, None, None]
    time = np.linspace(0, 2.5, STEPS)[None, :, None]
    each = (SEQUENCES, 1, 1)
    rate = rate * random.normal(1, 0.08, each)
    phase = random.uniform(0, 2 * np.pi, each) + np.array([0, 1, 2])
    values = strength * random.normal(1, 0.2, each) * np.sin(2 * np.pi * rate * time + phase)
    noise = random.normal(0, 0.35, (SEQUENCES, STEPS, 3))
    return (values + noise).round(3).astype(np.float32), labels


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory = nn.LSTM(3, 32, batch_first=True)
        self.scores = nn.Linear(32, len(ACTIVITIES))

    def forward(self, acceleration):
        readings, _ = self.memory(acceleration)
        return self.scores(readings[:, -1])


rows, labels = sequences(np.random.default_rng(SEED))
held_out = SEQUENCES // 3
network = train_network(Network(), rows[held_out:], labels[held_out:], 20)
model = nn.Sequential(network, nn.Softmax(dim=1)).eval()
out = folder()
export_network(model, out / "model.onnx", {"acceleration": torch.zeros(2, STEPS, 3)}, ["probabilities"])
few = rows[:4]
write_samples(out / "samples.json", {"acceleration": few}, {"probabilities": model(torch.tensor(few)).detach()})
write_json_rows(out / "held-out.jsonl", {"acceleration": rows[:held_out], "label": labels[:held_out]})
