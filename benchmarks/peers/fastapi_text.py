"""FastAPI around all-MiniLM-L6-v2: the weights of PyTorch by sentence-transformers, or the ONNX file by onnxruntime."""

import os

from fastapi import FastAPI

FOLDER, THREADS, MAX_TOKENS = os.environ["FOLDER"], int(os.environ.get("THREADS", "1")), 512


def sentence_transformers():
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(THREADS)
    model = SentenceTransformer(FOLDER, device="cpu")
    model.max_seq_length = MAX_TOKENS

    def embed(text):
        return model.encode([text], show_progress_bar=False).tolist()

    def tokenize(text):
        return model.tokenizer(text, truncation=True, max_length=MAX_TOKENS)["input_ids"]

    return embed, tokenize


def onnxruntime():
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
    tokenizer = Tokenizer.from_file(f"{FOLDER}/tokenizer.json")
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()

    def embed(text):
        encoding = tokenizer.encode(text)
        mask = np.array([encoding.attention_mask])
        feeds = {
            "input_ids": np.array([encoding.ids]),
            "attention_mask": mask,
            "token_type_ids": np.array([encoding.type_ids]),
        }
        (hidden,) = session.run(["last_hidden_state"], feeds)
        pooled = (hidden * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return (pooled / np.linalg.norm(pooled, axis=1, keepdims=True)).tolist()

    return embed, lambda text: tokenizer.encode(text).ids


embed, tokenize = {"sentence-transformers": sentence_transformers, "onnxruntime": onnxruntime}[os.environ["LIBRARY"]]()
app = FastAPI()


@app.post("/embed")
async def embeddings(body: dict):
    return embed(body["inputs"])


@app.post("/tokenize")
async def tokens(body: dict):
    return [[{"id": token} for token in tokenize(body["inputs"])]]
