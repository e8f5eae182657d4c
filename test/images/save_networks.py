"""Saves a network in TorchScript and one as a SavedModel, into the folder that is given."""

import sys
from pathlib import Path

import tensorflow
import torch

folder = Path(sys.argv[1])


class Torch(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(4, 3).double()

    def forward(self, features):
        return torch.softmax(self.layer(features), 1)


class TensorFlow(tensorflow.Module):
    def __init__(self):
        super().__init__()
        self.weights = tensorflow.Variable(tensorflow.random.stateless_normal([4, 3], [0, 0], dtype=tensorflow.float64))

    @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, 4], tensorflow.float64, "features")])
    def serve(self, features):
        return {"probabilities": tensorflow.nn.softmax(features @ self.weights)}


torch.manual_seed(0)
torch.jit.trace(Torch().eval(), torch.zeros(2, 4, dtype=torch.float64)).save(folder / "torch.pt")
network = TensorFlow()
tensorflow.saved_model.save(network, str(folder / "tensorflow.saved"), signatures=network.serve)
