"""MobileNetV2 (Sandler and others, 2018) in PyTorch, with the head that tells kinds of pictures apart."""

import torch
from torch import nn
from torch.nn import functional as F

# Width of the expansion, channels, repetitions and stride of each stage: table 2 of the paper.
STAGES = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
EPSILON = 0.001


class Convolution(nn.Module):
    """A convolution without bias, and what the batch normalization of training left."""

    def __init__(self, inputs, outputs, size=1, stride=1, groups=1):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, size, stride, groups=groups, bias=False)
        self.normalization = nn.BatchNorm2d(outputs, eps=EPSILON)
        # As TensorFlow pads: the odd pixel goes to the right and to the bottom.
        before, after = (0, 1) if stride == 2 else (size // 2, size // 2)
        self.padding = (before, after, before, after)

    def forward(self, pixels):
        return self.normalization(self.convolution(F.pad(pixels, self.padding)))


class Block(nn.Module):
    """An inverted residual: wide inside, narrow outside."""

    def __init__(self, inputs, outputs, expansion, stride):
        super().__init__()
        width = inputs * expansion
        self.expand = Convolution(inputs, width) if expansion > 1 else None
        self.depthwise = Convolution(width, width, size=3, stride=stride, groups=width)
        self.project = Convolution(width, outputs)
        self.is_residual = stride == 1 and inputs == outputs

    def forward(self, pixels):
        wide = pixels if self.expand is None else F.relu6(self.expand(pixels))
        narrow = self.project(F.relu6(self.depthwise(wide)))
        return pixels + narrow if self.is_residual else narrow


class MobileNetV2(nn.Module):
    """Takes pictures as TensorFlow lays them, [N, 224, 224, 3] from 0 to 1, and gives the probability of each class."""

    def __init__(self, classes):
        super().__init__()
        self.first = Convolution(3, 32, size=3, stride=2)
        blocks, inputs = [], 32
        for expansion, outputs, repetitions, stride in STAGES:
            for repetition in range(repetitions):
                blocks.append(Block(inputs, outputs, expansion, stride if repetition == 0 else 1))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.last = Convolution(inputs, 1280)
        self.dense = nn.Sequential(
            nn.Linear(1280, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, classes), nn.Softmax(dim=1)
        )

    def forward(self, image):
        pixels = F.relu6(self.first(image.permute(0, 3, 1, 2)))
        pixels = F.relu6(self.last(self.blocks(pixels)))
        return {"probabilities": self.dense(pixels.mean(dim=(2, 3)))}


def torch_network(weights, classes):
    network = MobileNetV2(classes)
    network.load_state_dict(dict(_state(network, weights)), strict=False)
    return network.eval()


def _state(network, weights):
    """Each parameter by its name in the network, out of the variables by their names in Keras."""
    yield from _convolution("first", "Conv1/kernel", "bn_Conv1", weights)
    for index, block in enumerate(network.blocks):
        prefix = f"block_{index}" if index else "expanded_conv"
        for part in ("expand", "depthwise", "project"):
            if getattr(block, part) is None:
                continue
            kernel = "depthwise_kernel" if part == "depthwise" else "kernel"
            yield from _convolution(
                f"blocks.{index}.{part}", f"{prefix}_{part}/{kernel}", f"{prefix}_{part}_BN", weights
            )
    yield from _convolution("last", "Conv_1/kernel", "Conv_1_bn", weights)
    for index in range(3):
        yield f"dense.{2 * index}.weight", torch.from_numpy(weights[f"dense_{index + 1}/kernel"].T.copy())
        yield f"dense.{2 * index}.bias", torch.from_numpy(weights[f"dense_{index + 1}/bias"])


def _convolution(module, kernel, normalization, weights):
    # Height, width, inputs, outputs becomes outputs, inputs, height, width; of a depthwise kernel the inputs lead.
    order = (2, 3, 0, 1) if kernel.endswith("depthwise_kernel") else (3, 2, 0, 1)
    yield f"{module}.convolution.weight", torch.from_numpy(weights[kernel].transpose(order).copy())
    for ours, theirs in {
        "weight": "gamma",
        "bias": "beta",
        "running_mean": "moving_mean",
        "running_var": "moving_variance",
    }.items():
        yield f"{module}.normalization.{ours}", torch.from_numpy(weights[f"{normalization}/{theirs}"])
