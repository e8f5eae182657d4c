"""Exports models that read text, and runs the originals."""

import inspect
import json
from pathlib import Path

import torch
import transformers

from . import onnx_file, pretrained
from .pretrained import WEIGHTS

AUTO_CLASSES = {
    "embed": "AutoModel",
    "rerank": "AutoModelForSequenceClassification",
    "text_classification": "AutoModelForSequenceClassification",
    "token_classification": "AutoModelForTokenClassification",
    "zero_shot_classification": "AutoModelForSequenceClassification",
    "question_answering": "AutoModelForQuestionAnswering",
    "fill_mask": "AutoModelForMaskedLM",
}
OUTPUTS = {"embed": ["last_hidden_state"], "question_answering": ["start_logits", "end_logits"]}
TOKEN_INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
EXAMPLE = ["A text that is longer than the other.", "Short."]
SETTINGS = {"device": "cpu", "local_files_only": True}


def export(request: dict) -> dict:
    """Exports the model of `request`. Returns the answers of the original, versions and notes."""
    torch.manual_seed(0)
    folder, out, kind = request["folder"], Path(request["out"]), request["type"]
    originals = ORIGINALS[kind](folder, request)
    transformer, tokenizer, notes = load(request["transformer"], "fill_mask" if request["sparse"] else kind)
    model, outputs = transformer, ["logits"] if request["sparse"] else OUTPUTS.get(kind, ["logits"])
    if request["whole"]:
        model = Whole(transformer, outputs[0], further_modules(folder, request))
        outputs = ["sentence_embedding"]
    accepted = inspect.signature(transformer.forward).parameters
    tokens = tokenizer(EXAMPLE, padding=True, return_tensors="pt")
    example = {name: tokens[name] for name in TOKEN_INPUTS if name in tokens and name in accepted}
    onnx_file.write(model, example, outputs, out / "model.onnx", axes=[0, 1])
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    backend.save(str(out / "tokenizer.json"))
    return {"originals": originals, "notes": notes, "versions": pretrained.versions()}


def load(folder: str, kind: str):
    """Loads the transformer and its tokenizer."""
    # Vectors of tokens do not depend on the pooler, which checkpoints of other tasks lack.
    may_lack = "pooler." if kind == "embed" else None
    model, _, notes = pretrained.load(getattr(transformers, AUTO_CLASSES[kind]), folder, may_lack)
    return model, transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True), notes


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


def question_answering(folder: str, request: dict) -> list[dict]:
    """Answers as the pipeline of Transformers 4, which Transformers 5 does not have."""
    kind = getattr(transformers, AUTO_CLASSES[request["type"]])
    model = kind.from_pretrained(folder, local_files_only=True, **WEIGHTS).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    accepted = inspect.signature(model.forward).parameters
    positions = getattr(model.config, "max_position_embeddings", None) or MAX_WINDOW_TOKENS
    limit = min(tokenizer.model_max_length, positions, MAX_WINDOW_TOKENS)
    answers = []
    for each in request["samples"]:
        encoded = tokenizer(each["question"], each["context"], verbose=False)
        names = [name for name in TOKEN_INPUTS if name in encoded and name in accepted]
        found: dict[str, dict] = {}
        for window in windows(encoded.encodings[0], limit):
            with torch.no_grad():
                logits = model(**{name: torch.tensor([[encoded[name][token] for token in window]]) for name in names})
            for answer in best_answers(encoded.encodings[0], window, logits, each["context"]):
                known = found.setdefault(answer["answer"].lower(), answer | {"score": 0.0})
                known["score"] += answer["score"]
        answers.append(max(found.values(), key=lambda answer: answer["score"]))
    return answers


# Limits of the pipeline.
MAX_WINDOW_TOKENS = 384
MAX_STRIDE = 128
MAX_ANSWER_TOKENS = 15
ANSWERS_PER_WINDOW = 12


def windows(encoding, limit: int):
    """Yields the tokens of each window: the question with a part of the context.

    Transformers 4 takes them from the overflowing tokens of `tokenizers`, and version 0.23 of that loses most
    (huggingface/tokenizers issue 2091).
    """
    tokens = list(range(len(encoding.ids)))
    context = [token for token in tokens if encoding.sequence_ids[token] == 1]
    before, after = tokens[: context[0]], tokens[context[-1] + 1 :]
    size = limit - len(before) - len(after)
    step = size - min(limit // 2, MAX_STRIDE)
    for start in range(0, len(context), step):
        yield before + context[start : start + size] + after
        if start + size >= len(context):
            return


def best_answers(encoding, window: list[int], logits, context: str) -> list[dict]:
    """Returns the best answers in one window of the context, each from the start of a word to the end of one."""
    inside = torch.tensor([encoding.sequence_ids[token] == 1 for token in window])
    # The first token stands for no answer.
    counted = inside.clone()
    counted[0] = True
    shares = [torch.where(counted, each[0], -10000.0).softmax(-1) for each in (logits.start_logits, logits.end_logits)]
    scores = torch.outer(*[torch.where(inside, each, 0.0) for each in shares])
    scores = scores.triu().tril(MAX_ANSWER_TOKENS - 1)
    best, places = scores.flatten().topk(min(ANSWERS_PER_WINDOW, scores.numel()))
    answers = []
    for score, place in zip(best.tolist(), places.tolist(), strict=True):
        first, last = divmod(place, len(inside))
        if not (inside[first] and inside[last]):
            continue
        start = word(encoding, window, first)[0][0]
        end = word(encoding, window, last)[-1][1]
        answers.append({"answer": context[start:end], "score": score, "start": start, "end": end})
    return answers


def word(encoding, window: list[int], place: int) -> list[tuple[int, int]]:
    """Returns where the tokens of a word start and end in the context, without those outside the window."""
    own = (encoding.sequence_ids[window[place]], encoding.word_ids[window[place]])
    return [encoding.offsets[token] for token in window if (encoding.sequence_ids[token], encoding.word_ids[token]) == own]


def fill_mask(folder: str, request: dict) -> list[dict]:
    fill = pipeline("fill-mask", folder, request["type"])
    names = ["score", "token", "token_str", "sequence"]
    answers = []
    for each in request["samples"]:
        found = fill(each["text"], tokenizer_kwargs={"truncation": True})
        answers.append({name: [suggestion[name] for suggestion in found] for name in names})
    return answers


ORIGINALS = {
    "embed": embed,
    "rerank": rerank,
    "text_classification": text_classification,
    "token_classification": token_classification,
    "zero_shot_classification": zero_shot_classification,
    "question_answering": question_answering,
    "fill_mask": fill_mask,
}
