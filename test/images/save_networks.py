"""Saves a network in TorchScript and one as a SavedModel, into the folder that is given."""

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path


def save_with_torch(folder):
    import torch

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(4, 3).double()

        def forward(self, features):
            return torch.softmax(self.layer(features), 1)

    torch.manual_seed(0)
    torch.jit.trace(Network().eval(), torch.zeros(2, 4, dtype=torch.float64)).save(folder / "torch.pt")


def save_with_tensorflow(folder):
    import tensorflow

    class Network(tensorflow.Module):
        def __init__(self):
            super().__init__()
            values = tensorflow.random.stateless_normal([4, 3], [0, 0], dtype=tensorflow.float64)
            self.weights = tensorflow.Variable(values)

        @tensorflow.function(input_signature=[tensorflow.TensorSpec([None, 4], tensorflow.float64, "features")])
        def serve(self, features):
            return {"probabilities": tensorflow.nn.softmax(features @ self.weights)}

    network = Network()
    tensorflow.saved_model.save(network, str(folder / "tensorflow.saved"), signatures=network.serve)


def main():
    folder = Path(sys.argv[1])
    # One process per framework: PyTorch built for CUDA, as PyPI has it, and TensorFlow crash in the same process.
    with ProcessPoolExecutor(max_workers=1, max_tasks_per_child=1) as process:
        process.submit(save_with_torch, folder).result()
        process.submit(save_with_tensorflow, folder).result()


if __name__ == "__main__":
    main()
