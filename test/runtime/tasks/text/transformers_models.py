"""Writes small models with random weights of each text task, and what the pipelines of Transformers make of texts.

python transformers_models.py FOLDER

FOLDER gets tokenizer.json, TASK.onnx of each task, dynamic.onnx, whose scale depends on all texts of a batch, and expected.json with the texts and the results by name of the case.
"""

import json
import os
import pathlib
import sys
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
warnings.filterwarnings("ignore")

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertForTokenClassification,
    PreTrainedTokenizerFast,
    logging,
    pipeline,
)

logging.set_verbosity_error()
folder = pathlib.Path(sys.argv[1])
MAX_TOKENS = 24

WORDS = """the a very good bad film service in paris berlin anna met bob at acme corp ! ? , . ' e un #### believ ##able
##ing ##s walk play tok ##en ##iz ##er zürich 東 京 ß""".split()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = {word: index for index, word in enumerate([*SPECIAL, *dict.fromkeys(WORDS)])}

TEXTS = [
    "Anna met Bob in Paris.",
    "the very believable service, playing at Acme Corp!",
    "tokenizers walk in Zürich 東京",
    "unbelievable 😀 walking, xyz Berlin?",
    "a",
    "the film in Berlin, the service in Paris, the tokenizer at Acme, the walking films of Bob and Anna are bad",
]
PAIRS = [("good film?", text) for text in TEXTS[:4]] + [("the very bad service in Paris " * 3, TEXTS[5])]
MASKED = ["the [MASK] film", "Anna met [MASK] in Paris.", "[MASK] walking in Zürich"]
LABELS = ["film", "service", "walking in Paris"]


def tokenizer() -> PreTrainedTokenizerFast:
    backend = Tokenizer(models.WordPiece(VOCABULARY, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece(prefix="##")
    backend.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    backend.add_special_tokens(SPECIAL)
    backend.save(str(folder / "tokenizer.json"))
    names = dict(zip(["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"], SPECIAL))
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    return PreTrainedTokenizerFast(tokenizer_object=backend, model_max_length=MAX_TOKENS, model_input_names=inputs, **names)


def made(kind: type, name: str, labels: list[str] | None = None) -> torch.nn.Module:
    torch.manual_seed(18)
    named = {} if labels is None else {"id2label": dict(enumerate(labels)), "label2id": {label: index for index, label in enumerate(labels)}}
    # A wide range of the first weights makes scores that differ.
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64, initializer_range=1.0, **named,
    )
    model = kind(config).eval()
    example = torch.tensor([[2, 5, 6, 3], [2, 7, 3, 0]])
    names = ["input_ids", "attention_mask", "token_type_ids"]
    values = (example, (example != 0).long(), torch.zeros_like(example))
    axes = {0: "batch", 1: "tokens"}
    with torch.no_grad():
        torch.onnx.export(
            Logits(model).eval(), values, str(folder / f"{name}.onnx"), input_names=names, output_names=["logits"], dynamo=False,
            dynamic_axes={**{each: axes for each in names}, "logits": axes if kind in (BertForMaskedLM, BertForTokenClassification) else {0: "batch"}},
        )
    return model


class Logits(torch.nn.Module):
    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).logits


def plain(value: object) -> object:
    return value.item() if hasattr(value, "item") else value


def main() -> None:
    words = tokenizer()
    expected: dict[str, object] = {}
    classes = ["bad", "fair", "good"]
    model = made(BertForSequenceClassification, "text_classification", classes)
    classify = pipeline("text-classification", model=model, tokenizer=words, device="cpu")
    for activation in ("softmax", "sigmoid", "none"):
        results = [classify(text, top_k=None, function_to_apply=activation, truncation=True) for text in TEXTS]
        expected[f"text_classification {activation}"] = [
            [next(each["score"] for each in result if each["label"] == label) for label in classes] for result in results
        ]
    quantize_dynamic(folder / "text_classification.onnx", folder / "dynamic.onnx", weight_type=QuantType.QUInt8)
    model = made(BertForSequenceClassification, "rerank", ["relevance"])
    inputs = words([query for query, _ in PAIRS], [text for _, text in PAIRS], truncation=True, padding=True, return_tensors="pt")
    with torch.no_grad():
        scores = model(**inputs).logits[:, 0]
    expected["rerank none"] = scores.tolist()
    expected["rerank sigmoid"] = scores.sigmoid().tolist()
    entities = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    model = made(BertForTokenClassification, "token_classification", entities)
    for aggregation in ("none", "simple", "first", "average", "max"):
        recognize = pipeline("token-classification", model=model, tokenizer=words, device="cpu", aggregation_strategy=aggregation)
        results = [recognize(text) for text in TEXTS]
        expected[f"token_classification {aggregation}"] = [
            [{key: plain(value) for key, value in entity.items()} for entity in result] for result in results
        ]
    model = made(BertForSequenceClassification, "zero_shot_classification", ["entailment", "neutral", "contradiction"])
    zero_shot = pipeline("zero-shot-classification", model=model, tokenizer=words, device="cpu")
    for multi_label in (False, True):
        results = [zero_shot(text, candidate_labels=LABELS, multi_label=multi_label) for text in TEXTS]
        expected[f"zero_shot_classification {str(multi_label).lower()}"] = [
            [result["scores"][result["labels"].index(label)] for label in LABELS] for result in results
        ]
    model = made(BertForMaskedLM, "fill_mask")
    fill = pipeline("fill-mask", model=model, tokenizer=words, device="cpu")
    expected["fill_mask"] = [fill(text, top_k=4) for text in MASKED]
    values = {"texts": TEXTS, "pairs": PAIRS, "masked": MASKED, "labels": LABELS, "entities": entities, "classes": classes}
    values |= {"vocabulary": len(VOCABULARY), "mask": VOCABULARY["[MASK]"], "maxTokens": MAX_TOKENS, "results": expected}
    (folder / "expected.json").write_text(json.dumps(values))


main()
