"""A model for TorchServe's `object_detector`."""

import torch


class Boxes(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.side = torch.nn.Parameter(torch.tensor(7.5))

    def forward(self, images):
        return [self._found(image) for image in images]

    def _found(self, image):
        means = image.mean((1, 2))
        boxes = torch.stack([torch.cat([means, self.side[None]]) * factor for factor in (1, 2, 3)])
        return {"boxes": boxes, "labels": torch.tensor([0, 1, 0]), "scores": means}
