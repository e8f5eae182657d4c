"""Prints what sentence-transformers makes of token vectors: python pooling_cases.py > pooling.json"""

import json

import torch
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling

ROWS, TOKENS, WIDTH = 4, 5, 3
LENGTHS = [5, 3, 1, 2]
MODES = {"cls": "cls", "mean": "mean", "max": "max", "last_token": "lasttoken"}

torch.manual_seed(18)
vectors = torch.randn(ROWS, TOKENS, WIDTH) * 10
# A text of zeros has no direction to normalize.
vectors[2] = 0
cases = []
for side in ("right", "left"):
    columns = torch.arange(TOKENS)
    masks = [columns < n if side == "right" else columns >= TOKENS - n for n in LENGTHS]
    mask = torch.stack(masks).long()
    for pooling, mode in MODES.items():
        features = {"token_embeddings": vectors.clone(), "attention_mask": mask}
        pooled = Pooling(WIDTH, pooling_mode=mode)(features)["sentence_embedding"]
        normalized = Normalize()({"sentence_embedding": pooled})["sentence_embedding"]
        cases.append(
            {
                "side": side,
                "pooling": pooling,
                "pooled": pooled.flatten().tolist(),
                "normalized": normalized.flatten().tolist(),
            }
        )
print(json.dumps({"width": WIDTH, "tokens": TOKENS, "lengths": LENGTHS, "data": vectors.flatten().tolist(), "cases": cases}))
