"""Downloads models of runs and of the registry from MLflow's store."""

import os


def download(request):
    # A store of files or SQLite is in the working directory of the user by default.
    os.chdir(request["directory"])
    if request.get("tracking"):
        os.environ["MLFLOW_TRACKING_URI"] = request["tracking"]
    import mlflow.artifacts

    folder = mlflow.artifacts.download_artifacts(artifact_uri=request["mlflow"], dst_path=request["out"])
    return {"folder": os.path.abspath(folder)}
