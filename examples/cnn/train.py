"""Trains a convolutional network of PyTorch that reads handwritten digits of 8×8 pixels."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "gallery"))
from gallery import export_network, folder, pixels, seeded_torch, train_network, write_rows, write_samples
from torch import nn

torch = seeded_torch()

train_x, test_x, train_y, test_y = pixels()
network = nn.Sequential(
    nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10),
)
model = nn.Sequential(train_network(network, train_x, train_y, 15), nn.Softmax(dim=1)).eval()
out = folder()
export_network(model, out / "model.onnx", {"features": torch.zeros(2, 64)}, ["probabilities"])
few = test_x[:4]
write_samples(out / "samples.json", {"features": few}, {"probabilities": model(torch.tensor(few)).detach()})
write_rows(out / "held-out.csv", test_x, test_y)
