"""Reads what other tools saved, for `modelship pack` and `modelship optimize`: python -m modelship_export < REQUEST

The request is JSON on standard input. The report is `export.json` in the folder `out`, such as the answers of a model
beside its export to ONNX. A failure ends with exit code 1, and its last line on standard error says why.
"""

import json
import os
import sys
from pathlib import Path

# Everything is in the folder. Nothing is fetched. Only `eager_module` runs code of a model, which the user must trust first.
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")


def main() -> None:
    request = json.load(sys.stdin)
    if "yaml" in request:
        from .yaml_file import read as export
    elif "packages" in request:
        from .versions import read as export
    elif "keras" in request:
        from .keras_archive import export
    elif "mlflow" in request:
        from .mlflow_store import download as export
    elif "module" in request:
        from .eager_module import save as export
    elif "convert" in request:
        from .conversion import convert as export
    elif "library" in request:
        from .image import export
    else:
        from .text import export

    report = export(request)
    Path(request["out"], "export.json").write_text(json.dumps(report, allow_nan=False))


try:
    main()
except ModuleNotFoundError as error:
    sys.exit(f"MODULE {error.name}")
except Exception as error:
    # The whole chain is one line, because exporters give the reason in the innermost error.
    reasons = []
    while error is not None:
        reasons.append(" ".join(f"{type(error).__name__}: {error}".split())[:500])
        error = error.__cause__
    sys.exit(f"FAILED {' <- '.join(reversed(reasons))}")
