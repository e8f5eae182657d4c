"""Exports models that read text, and runs the originals."""

import inspect
import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
import transformers

from . import onnx_file

AUTO_CLASSES = {
    "embed": "AutoModel",
    "rerank": "AutoModelForSequenceClassification",
    "text_classification": "AutoModelForSequenceClassification",
    "token_classification": "AutoModelForTokenClassification",
    "zero_shot_classification": "AutoModelForSequenceClassification",
    "fill_mask": "AutoModelForMaskedLM",
}
TOKEN_INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
EXAMPLE = ["A text that is longer than the other.", "Short."]
SETTINGS = {"device": "cpu", "local_files_only": True}
WEIGHTS = {"dtype": torch.float32, "use_safetensors": True}
LIBRARIES = ["torch", "transformers", "sentence-transformers", "tokenizers", "onnxscript"]


def export(request: dict) -> dict:
    """Exports the model of `request`. Returns the answers of the original, versions and notes."""
    torch.manual_seed(0)
    folder, out, kind = request["folder"], Path(request["out"]), request["type"]
    originals = ORIGINALS[kind](folder, request)
    transformer, tokenizer, notes = load(request["transformer"], "fill_mask" if request["sparse"] else kind)
    model, output = transformer, "last_hidden_state" if kind == "embed" and not request["sparse"] else "logits"
    if request["whole"]:
        model, output = Whole(transformer, output, further_modules(folder, request)), "sentence_embedding"
    accepted = inspect.signature(transformer.forward).parameters
    tokens = tokenizer(EXAMPLE, padding=True, return_tensors="pt")
    example = {name: tokens[name] for name in TOKEN_INPUTS if name in tokens and name in accepted}
    onnx_file.write(model, example, [output], out / "model.onnx")
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    backend.save(str(out / "tokenizer.json"))
    return {"originals": originals, "notes": notes, "versions": versions()}


def load(folder: str, kind: str):
    """Loads the transformer in 32-bit floats. Fails if a weight is missing, because it would be random."""
    model, info = getattr(transformers, AUTO_CLASSES[kind]).from_pretrained(
        folder,
        # The plain form of attention is exported with dimensions of any size for every architecture.
        attn_implementation="eager",
        output_loading_info=True,
        local_files_only=True,
        **WEIGHTS,
    )
    # Vectors of tokens do not depend on the pooler, which checkpoints of other tasks lack.
    missing = [name for name in info["missing_keys"] if not (kind == "embed" and name.startswith("pooler."))]
    wrong = [*missing, *(str(each) for each in info["mismatched_keys"])]
    if wrong:
        raise ValueError(f"model.safetensors lacks weights of {type(model).__name__}: {', '.join(sorted(wrong)[:5])}")
    notes = []
    unused = sorted(info["unexpected_keys"])
    if unused:
        notes.append(f"model.safetensors has weights that {type(model).__name__} does not use: {', '.join(unused[:5])}")
    saved = json.loads(Path(folder, "config.json").read_text())
    dtype = saved.get("dtype") or saved.get("torch_dtype") or "float32"
    if dtype != "float32":
        notes.append(f"weights are saved as {dtype}, and exported as float32")
    return model.eval(), transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True), notes


class Whole(torch.nn.Module):
    """A transformer and the modules of sentence-transformers after it."""

    def __init__(self, transformer: torch.nn.Module, output: str, modules: list[torch.nn.Module]):
        super().__init__()
        self.transformer = transformer
        self.output = output
        self.further = torch.nn.ModuleList(modules)

    def forward(self, **inputs: torch.Tensor):
        features = {
            "token_embeddings": self.transformer(**inputs)[self.output],
            "attention_mask": inputs["attention_mask"],
        }
        for module in self.further:
            features = module(features)
        return features


def further_modules(folder: str, request: dict) -> list[torch.nn.Module]:
    """Modules after the transformer. The server itself scales vectors to the length 1."""
    modules = list(sentence_model(folder, request))[1:]
    return modules[:-1] if type(modules[-1]).__name__ == "Normalize" else modules


def sentence_model(folder: str, request: dict):
    from sentence_transformers import SentenceTransformer, SparseEncoder

    kind = SparseEncoder if request["sparse"] else SentenceTransformer
    return kind(folder, model_kwargs=WEIGHTS, **SETTINGS).eval()


def embed(folder: str, request: dict) -> list[dict]:
    model = sentence_model(folder, request)
    options = {"convert_to_sparse_tensor": False} if request["sparse"] else {}
    return [{"embedding": model.encode([each["text"]], **options)[0].tolist()} for each in request["samples"]]


def rerank(folder: str, request: dict) -> list[dict]:
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(folder, model_kwargs=WEIGHTS, **SETTINGS)
    return [{"score": float(model.predict([(each["query"], each["text"])])[0])} for each in request["samples"]]


def pipeline(name: str, folder: str, kind: str, **options):
    model = getattr(transformers, AUTO_CLASSES[kind]).from_pretrained(folder, local_files_only=True, **WEIGHTS).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return transformers.pipeline(name, model=model, tokenizer=tokenizer, device="cpu", **options)


def text_classification(folder: str, request: dict) -> list[dict]:
    classify = pipeline("text-classification", folder, request["type"], top_k=None)
    config = classify.model.config
    labels = [config.id2label[index] for index in range(config.num_labels)]
    answers = []
    for each in request["samples"]:
        scores = {found["label"]: found["score"] for found in classify([each["text"]], truncation=True)[0]}
        answers.append({"scores": [scores[label] for label in labels]})
    return answers


def token_classification(folder: str, request: dict) -> list[dict]:
    find = pipeline("token-classification", folder, request["type"], aggregation_strategy="simple")
    names = ["entity_group", "score", "word", "start", "end"]
    answers = []
    for each in request["samples"]:
        found = [{name: entity[name] for name in names} for entity in find(each["text"])]
        answers.append({"entities": json.dumps([{**entity, "score": float(entity["score"])} for entity in found])})
    return answers


def zero_shot_classification(folder: str, request: dict) -> list[dict]:
    classify = pipeline("zero-shot-classification", folder, request["type"])
    answers = []
    for each in request["samples"]:
        found = classify(each["text"], each["labels"])
        scores = dict(zip(found["labels"], found["scores"], strict=True))
        answers.append({"scores": [scores[label] for label in each["labels"]]})
    return answers


def fill_mask(folder: str, request: dict) -> list[dict]:
    fill = pipeline("fill-mask", folder, request["type"])
    names = ["score", "token", "token_str", "sequence"]
    answers = []
    for each in request["samples"]:
        found = fill(each["text"])
        answers.append({name: [suggestion[name] for suggestion in found] for name in names})
    return answers


ORIGINALS = {
    "embed": embed,
    "rerank": rerank,
    "text_classification": text_classification,
    "token_classification": token_classification,
    "zero_shot_classification": zero_shot_classification,
    "fill_mask": fill_mask,
}


def versions() -> dict[str, str]:
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
