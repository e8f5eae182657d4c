"""A model of MLflow that is saved as this code, and takes texts."""

import mlflow


class Shouts(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[str]) -> list[str]:
        return [shout(text) for text in model_input]


@mlflow.trace
def shout(text):
    return text.upper()


mlflow.models.set_model(Shouts())
