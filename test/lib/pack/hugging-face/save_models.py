"""Saves small models with random weights as transformers and sentence-transformers do, and what they answer.

python save_models.py FOLDER
"""

import json
import sys
import warnings
from pathlib import Path

import torch
import transformers
from sentence_transformers import CrossEncoder, SentenceTransformer, SparseEncoder
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from sentence_transformers.sparse_encoder.modules import SpladePooling
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

warnings.filterwarnings("ignore")
torch.manual_seed(18)
root = Path(sys.argv[1])

TEXTS = [
    "The film was very good.",
    "Müller wrote 12 letters to Anna about the weather in Paris, and 3 more about music.",
    "東京 bad",
    "film " * 100,
]
PAIRS = [(TEXTS[0], text) for text in TEXTS]
WORDS = sorted({"".join(c for c in word if c.isalnum()).lower() for text in TEXTS for word in text.split()} - {""})
LETTERS = sorted({letter for word in WORDS for letter in word})
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", *LETTERS, *(f"##{x}" for x in LETTERS), *WORDS]
VOCABULARY = {word: index for index, word in enumerate(dict.fromkeys(VOCABULARY))}


def wordpiece(limit: int = 32):
    return transformers.BertTokenizerFast(vocab=VOCABULARY, do_lower_case=True, model_max_length=limit)


def unigram():
    """A tokenizer like XLM-R's: subwords with a mark for spaces."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.UnigramTrainer(vocab_size=60, special_tokens=special, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(TEXTS[:3] * 3, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", pad_token="<pad>", eos_token="</s>", unk_token="<unk>",
        cls_token="<s>", sep_token="</s>", model_max_length=32,
    )  # fmt: skip


def config(kind, tokenizer, **settings):
    return kind(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=40, pad_token_id=tokenizer.pad_token_id, **settings,
    )  # fmt: skip


def save(name, model, tokenizer) -> str:
    folder = root / "parts" / name
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def write_onnx(folder: Path, output: str, file: str = "model.onnx") -> None:
    """Exports as the tools of Hugging Face did for years, by tracing."""
    architecture = json.loads((folder / "config.json").read_text())["architectures"][0]
    model = getattr(transformers, architecture).from_pretrained(folder, attn_implementation="eager").eval()
    tokens = transformers.AutoTokenizer.from_pretrained(folder)(["a film", "film"], padding=True, return_tensors="pt")
    names = [name for name in ["input_ids", "attention_mask", "token_type_ids"] if name in tokens]

    class Traced(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, *values):
            return self.model(**dict(zip(names, values)))[output]

    (folder / file).parent.mkdir(exist_ok=True)
    axes = {name: {0: "batch", 1: "sequence"} for name in names} | {output: {0: "batch"}}
    if not architecture.endswith("ForSequenceClassification"):
        axes[output][1] = "sequence"
    torch.onnx.export(
        Traced(), tuple(tokens[name] for name in names), str(folder / file), dynamo=False, input_names=names,
        output_names=[output], dynamic_axes=axes, opset_version=17,
    )  # fmt: skip


expected = {}


def sentence(name: str, modules: list, **settings) -> Path:
    folder = root / name
    model = SentenceTransformer(modules=modules, **settings).eval()
    model.save_pretrained(str(folder))
    expected[name] = [model.encode([text])[0].tolist() for text in TEXTS]
    return folder


words, subwords = wordpiece(), unigram()
bert = save("bert", transformers.BertModel(config(transformers.BertConfig, words)), words)
xlmr = save("xlmr", transformers.XLMRobertaModel(config(transformers.XLMRobertaConfig, subwords)), subwords)
distil = transformers.DistilBertConfig(
    vocab_size=len(words), dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=40
)
distil = save("distilbert", transformers.DistilBertModel(distil), words)

prompts = {"query": "about film: ", "document": ""}
folders = [
    sentence("cls", [Transformer(bert), Pooling(32, "cls"), Normalize()], prompts=prompts, default_prompt_name="query"),
    sentence("mean", [Transformer(xlmr), Pooling(32, "mean")], similarity_fn_name="dot"),
    sentence("max", [Transformer(distil, max_seq_length=24), Pooling(32, "max"), Normalize()]),
]
for folder, file in zip(folders, ["onnx/model.onnx", "model.onnx", "onnx/model.onnx"]):
    write_onnx(folder, "last_hidden_state", file)
sentence("dense", [Transformer(bert), Pooling(32, ("mean", "max")), Dense(64, 16), Normalize()])

for name, kind, settings in [
    ("sentiment", transformers.BertConfig, {"id2label": {0: "bad", 1: "good", 2: "very good"}}),
    ("topics", transformers.BertConfig, {"num_labels": 4, "problem_type": "multi_label_classification"}),
    ("electra", transformers.ElectraConfig, {"num_labels": 3, "embedding_size": 32}),
]:
    made = config(kind, words, **settings)
    model = transformers.AutoModelForSequenceClassification.from_config(made).eval()
    folder = root / name
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    write_onnx(folder, "logits")
    classify = transformers.pipeline("text-classification", model=model, tokenizer=words, device="cpu", top_k=None)
    labels = list(model.config.id2label.values())
    answers = [{each["label"]: each["score"] for each in classify([text], truncation=True)[0]} for text in TEXTS]
    expected[name] = [[answer[label] for label in labels] for answer in answers]

for name, kind, tokenizer, activation in [
    ("reranker", transformers.BertConfig, words, None),
    ("reranker-logits", transformers.XLMRobertaConfig, subwords, torch.nn.Identity()),
    ("reranker-electra", transformers.ElectraConfig, words, None),
]:
    extra = {"embedding_size": 32} if kind is transformers.ElectraConfig else {}
    made = config(kind, tokenizer, num_labels=1, **extra)
    model = transformers.AutoModelForSequenceClassification.from_config(made)
    encoder = CrossEncoder(save(f"{name}-part", model, tokenizer), activation_fn=activation)
    encoder.save_pretrained(str(root / name))
    write_onnx(root / name, "logits")
    expected[name] = [float(encoder.predict([pair])[0]) for pair in PAIRS]



def pipeline(name: str, task: str, kind: str, settings: dict, **options):
    folder = root / name
    model = getattr(transformers, kind)(config(transformers.BertConfig, words, **settings)).eval()
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    write_onnx(folder, "logits")
    return transformers.pipeline(task, model=model, tokenizer=words, device="cpu", **options)


CLASSES = {index: name for index, name in enumerate(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])}
find = pipeline("entities", "token-classification", "BertForTokenClassification", {"id2label": CLASSES},
                aggregation_strategy="simple")  # fmt: skip
fields = ["entity_group", "word", "start", "end"]
expected["entities"] = [
    [{**{field: found[field] for field in fields}, "score": float(found["score"])} for found in find(text)]
    for text in TEXTS[:3]
]

CLASSES = {0: "CONTRADICTION", 1: "NEUTRAL", 2: "ENTAILMENT"}
classify = pipeline("zero-shot", "zero-shot-classification", "BertForSequenceClassification",
                    {"id2label": CLASSES, "label2id": {name: index for index, name in CLASSES.items()}})  # fmt: skip
LABELS = ["film", "weather", "music"]
expected["zero-shot"] = []
for text in TEXTS[:3]:
    found = classify(text, LABELS)
    expected["zero-shot"].append([dict(zip(found["labels"], found["scores"]))[label] for label in LABELS])

fill = pipeline("mask", "fill-mask", "BertForMaskedLM", {})
expected["mask"] = [found["score"] for found in fill("the [MASK] was good")]
expected["mask-tokens"] = [found["token"] for found in fill("the [MASK] was good")]

encoder = SparseEncoder(modules=[Transformer(str(root / "mask"), transformer_task="fill-mask"), SpladePooling("max")])
encoder.save_pretrained(str(root / "splade"))
write_onnx(root / "splade", "logits")
expected["splade"] = [encoder.encode([text], convert_to_sparse_tensor=False)[0].tolist() for text in TEXTS]

# The golden samples of `answers` need several windows, those of the others one.
for name, kind, limit in [
    ("answers", transformers.BertConfig, 64),
    ("answers-electra", transformers.ElectraConfig, 384),
    ("answers-distilbert", transformers.DistilBertConfig, 384),
]:
    tokenizer = wordpiece(limit)
    if kind is transformers.DistilBertConfig:
        made = kind(
            vocab_size=len(tokenizer), dim=32, n_layers=2, n_heads=4, hidden_dim=64, max_position_embeddings=limit
        )
    else:
        made = kind(
            vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
            max_position_embeddings=limit, initializer_range=0.5,
        )  # fmt: skip
    transformers.AutoModelForQuestionAnswering.from_config(made).eval().save_pretrained(root / name)
    tokenizer.save_pretrained(root / name)

(root / "expected.json").write_text(json.dumps({"texts": TEXTS, "answers": expected}))
