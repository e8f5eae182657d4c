"""Saves a model to the file given that writes down what it is asked, and takes time or memory as a row's first number says."""

import sys

import cloudpickle


class Remembering:
    n_features_in_ = 2

    def __getstate__(self):
        return {"a": 1}

    def __setstate__(self, _):
        import os
        import time

        time.sleep(float(os.environ.get("MODELSHIP_TEST_LOAD_SECONDS", "0")))

    def predict(self, rows):
        import os
        import time

        import numpy as np

        first = rows[0, 0]
        with open(os.environ["MODELSHIP_TEST_CALLS"], "a") as calls:
            calls.write("".join(f"{int(row[0])}\n" for row in rows))
        if first == 13:
            os._exit(9)
        if first == 20:
            time.sleep(0.5)
        if first == 60:
            time.sleep(600)
        if first == 30:
            self.kept = np.ones(145 * 2**17)
        if first == 40:
            pieces = []
            while len(pieces) < 100:
                pieces.append(np.ones(20 * 2**17))
                time.sleep(0.05)
        return rows.sum(axis=1)


with open(sys.argv[1], "wb") as file:
    cloudpickle.dump(Remembering(), file)
