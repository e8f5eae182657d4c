"""Trains a model that tells the language of a short text, on the translations that come with Django and Wagtail.

python examples/languages/train.py FOLDER

It writes the model to FOLDER as Transformers saves it, and beside this script how well it does on texts that it has not
seen, with some of these texts.
"""

import json
import random
import sys
from gettext import GNUTranslations
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

LANGUAGES = {
    "cs": "Czech", "de": "German", "en": "English", "es": "Spanish", "fi": "Finnish", "fr": "French",
    "it": "Italian", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "sv": "Swedish", "tr": "Turkish",
}  # fmt: skip
NAMES = list(LANGUAGES.values())
# Both packages are licensed under BSD-3-Clause.
PACKAGES = ["django", "wagtail"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
MIN_CHARACTERS = 12
MAX_TOKENS = 64
EPOCHS = 12
BATCH = 128
# Texts in held-out.csv, of all that the model has not seen.
HELD_OUT_ROWS = 600
HERE = Path(__file__).parent

# Texts of the golden samples.
SAMPLES = [
    "Where is the nearest railway station?",
    "Bitte geben Sie eine gültige Adresse ein.",
    "Veuillez saisir une adresse valide ou en choisir une autre.",
    "Şimdi nerede olduğumuzu bilmiyorum.",
]

random.seed(18)
torch.manual_seed(18)
torch.set_num_threads(1)


def translations() -> list[tuple[str, str, int]]:
    """Returns each message, its translation and the index of the language."""
    found = set()
    for package in PACKAGES:
        folder = Path(find_spec(package).submodule_search_locations[0])
        for path in folder.rglob("LC_MESSAGES/*.mo"):
            code = path.parts[-3].split("_")[0]
            if code not in LANGUAGES or code == "en":
                continue
            with path.open("rb") as file:
                catalog = GNUTranslations(file)._catalog
            for message, text in catalog.items():
                source = message[0] if isinstance(message, tuple) else message
                if text != source:
                    found.add((source, text, NAMES.index(LANGUAGES[code])))
    # The messages themselves are English.
    found |= {(source, source, NAMES.index("English")) for source, _, _ in found}
    return sorted(row for row in found if len(row[1]) >= MIN_CHARACTERS and row[1].isprintable())


def is_held_out(source: str) -> bool:
    """Returns whether a message is for evaluation, in all languages."""
    return sha256(source.encode()).digest()[0] < 26


def part(text: str) -> str:
    """Returns some words of a text, so that the model does not learn whole messages."""
    words = text.split()
    count = random.randint(min(3, len(words)), len(words))
    start = random.randint(0, len(words) - count)
    return " ".join(words[start : start + count])


def trained_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=2000, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=MAX_TOKENS,
    )  # fmt: skip


def main() -> None:
    rows = translations()
    train = [(text, label) for source, text, label in rows if not is_held_out(source)]
    held_out = [(text, label) for source, text, label in rows if is_held_out(source)]
    tokenizer = trained_tokenizer([text for text, _ in train])
    model = BertForSequenceClassification(
        BertConfig(
            vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=1, num_attention_heads=4,
            intermediate_size=128, max_position_embeddings=MAX_TOKENS, pad_token_id=0,
            id2label=dict(enumerate(NAMES)), label2id={name: index for index, name in enumerate(NAMES)},
        )
    )  # fmt: skip
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    steps = EPOCHS * -(-len(train) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=steps)

    def logits(texts):
        return model(**tokenizer(list(texts), padding=True, truncation=True, return_tensors="pt")).logits

    model.train()
    for epoch in range(EPOCHS):
        random.shuffle(train)
        total = 0.0
        for start in range(0, len(train), BATCH):
            texts, labels = zip(*train[start : start + BATCH], strict=True)
            loss = torch.nn.functional.cross_entropy(logits([part(text) for text in texts]), torch.tensor(labels))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / (steps / EPOCHS):.3f}", flush=True)

    model.eval()
    right = 0
    with torch.no_grad():
        for start in range(0, len(held_out), BATCH):
            texts, labels = zip(*held_out[start : start + BATCH], strict=True)
            right += int((logits(texts).argmax(1) == torch.tensor(labels)).sum())
    evaluation = {
        "texts_trained": len(train),
        "texts_held_out": len(held_out),
        "accuracy": round(right / len(held_out), 3),
    }
    print(evaluation)
    (HERE / "evaluation.json").write_text(json.dumps(evaluation, indent=2) + "\n")
    rows = random.sample(held_out, HELD_OUT_ROWS)
    with (HERE / "held-out.jsonl").open("w") as file:
        for text, label in rows:
            file.write(json.dumps({"text": text, "language": NAMES[label]}, ensure_ascii=False) + "\n")
    folder = sys.argv[1]
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (Path(folder) / "samples.json").write_text(json.dumps({"instances": SAMPLES}, ensure_ascii=False, indent=2) + "\n")


main()
