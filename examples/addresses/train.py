"""Trains a model that finds the parts of US addresses, on the labelled addresses in the source package of usaddress.

pip download --no-deps --no-binary usaddress usaddress==0.5.16
python examples/addresses/train.py usaddress-0.5.16.tar.gz FOLDER

It writes the model to FOLDER as Transformers saves it, and beside this script how well it does on addresses that it has
not seen.
"""

import json
import random
import re
import sys
import tarfile
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

# usaddress is licensed under the MIT License.
DATA = "usaddress-0.5.16/training/labeled.xml"
PARTS = {
    "NUMBER": ["AddressNumber", "AddressNumberPrefix", "AddressNumberSuffix"],
    "STREET": [
        "StreetName", "StreetNamePreDirectional", "StreetNamePreModifier", "StreetNamePreType", "StreetNamePostType",
        "StreetNamePostDirectional", "StreetNamePostModifier",
    ],
    "UNIT": ["OccupancyType", "OccupancyIdentifier", "SubaddressType", "SubaddressIdentifier"],
    "CITY": ["PlaceName"],
    "STATE": ["StateName"],
    "ZIP": ["ZipCode", "ZipPlus4"],
    "BOX": ["USPSBoxType", "USPSBoxID", "USPSBoxGroupType", "USPSBoxGroupID"],
    "NAME": ["Recipient", "BuildingName", "LandmarkName"],
    "COUNTRY": ["CountryName"],
}  # fmt: skip
PART_OF_TAG = {tag: part for part, tags in PARTS.items() for tag in tags}
LABELS = ["O", *PARTS]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
MAX_TOKENS = 128
EPOCHS = 40
BATCH = 32
HERE = Path(__file__).parent

# Texts of the golden samples.
SAMPLES = [
    "1600 Pennsylvania Avenue NW, Washington, DC 20500",
    "350 Fifth Ave, Suite 3300, New York, NY 10118",
    "P.O. Box 110001, Juneau, AK 99811",
    "233 S. Wacker Drive Chicago Illinois 60606 USA",
]

random.seed(18)
torch.manual_seed(18)
torch.set_num_threads(1)

Span = tuple[int, int, str]
Address = tuple[str, list[Span]]


def addresses(archive: str) -> list[Address]:
    """Returns each address with the spans of its parts."""
    with tarfile.open(archive) as files:
        tree = ElementTree.parse(files.extractfile(DATA))
    found = {}
    for entry in tree.getroot():
        text, spans = "", []
        for word in entry:
            part = PART_OF_TAG.get(word.tag)
            for token in (word.text or "").split():
                text += " " if text else ""
                start = len(text)
                text += token
                end = start + len(token.rstrip(",;"))
                if part is None or end == start:
                    continue
                # Neighbouring words of the same part are one span, unless a comma separates them.
                if spans and spans[-1][2] == part and spans[-1][1] == start - 1:
                    start = spans.pop()[0]
                spans.append((start, end, part))
            text += re.sub(r"\s+", "", word.tail or "")
        found[text] = spans
    return sorted(found.items())


def is_held_out(text: str) -> bool:
    """Returns whether an address is for evaluation."""
    return sha256(text.encode()).digest()[0] < 38


def trained_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    # Numbers are read digit by digit, because their length says what they are.
    split = [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Digits(individual_digits=True)]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(split)
    trainer = trainers.WordPieceTrainer(vocab_size=1200, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=MAX_TOKENS,
    )  # fmt: skip


def varied(address: Address, parts: dict[str, list[str]]) -> Address:
    """Returns an address with other digits, and with some parts of other addresses, because there are few of them."""
    text, spans = address
    result, moved, last = "", [], 0
    for start, end, part in spans:
        result += text[last:start]
        value = random.choice(parts[part]) if random.random() < 0.5 else text[start:end]
        value = re.sub(r"\d", lambda _: random.choice("0123456789"), value)
        moved.append((len(result), len(result) + len(value), part))
        result += value
        last = end
    return result + text[last:], moved


def without_commas(address: Address) -> Address:
    """Returns an address without its commas, as people often type it."""
    text, spans = address
    places = [place for place, letter in enumerate(text) if letter == ","]
    if any(start <= place < end for place in places for start, end, _ in spans):
        return address
    moved = [place - sum(comma < place for comma in places) for place in range(len(text) + 1)]
    return text.replace(",", ""), [(moved[start], moved[end], part) for start, end, part in spans]


def labels_of(encoding, spans: list[Span]) -> list[int]:
    """Returns the label of each token. -100 does not count."""
    labels = []
    for (start, end), special in zip(encoding.offsets, encoding.special_tokens_mask, strict=True):
        part = next((part for first, last, part in spans if first <= start and end <= last), "O")
        labels.append(-100 if special else LABELS.index(part))
    return labels


def found_spans(encoding, labels: list[int]) -> set[Span]:
    """Joins neighbouring tokens of the same part, as the server does."""
    spans: list[Span] = []
    previous = 0
    for (start, end), label, special in zip(encoding.offsets, labels, encoding.special_tokens_mask, strict=False):
        label = 0 if special else label
        if label and label == previous:
            start = spans.pop()[0]
        if label:
            spans.append((start, end, LABELS[label]))
        previous = label
    return set(spans)


def main() -> None:
    archive, folder = sys.argv[1:]
    rows = addresses(archive)
    train = [row for row in rows if not is_held_out(row[0])]
    held_out = [row for row in rows if is_held_out(row[0])]
    parts: dict[str, list[str]] = {part: [] for part in PARTS}
    for text, spans in train:
        for start, end, part in spans:
            parts[part].append(text[start:end])
    tokenizer = trained_tokenizer([text for text, _ in train])
    model = BertForTokenClassification(
        BertConfig(
            vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=4,
            intermediate_size=128, max_position_embeddings=MAX_TOKENS, pad_token_id=0, id2label=dict(enumerate(LABELS)),
            label2id={label: index for index, label in enumerate(LABELS)},
        )
    )  # fmt: skip

    def encode(texts):
        return tokenizer(list(texts), padding=True, truncation=True, return_tensors="pt")

    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05)
    steps = EPOCHS * -(-len(train) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=3e-3, total_steps=steps)
    model.train()
    for epoch in range(EPOCHS):
        random.shuffle(train)
        total = 0.0
        for start in range(0, len(train), BATCH):
            batch = [varied(row, parts) for row in train[start : start + BATCH]]
            batch = [without_commas(row) if random.random() < 0.3 else row for row in batch]
            encoded = encode(text for text, _ in batch)
            labels = [labels_of(each, spans) for each, (_, spans) in zip(encoded.encodings, batch, strict=True)]
            loss = model(**encoded, labels=torch.tensor(labels)).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: loss {total / (steps / EPOCHS):.3f}", flush=True)

    model.eval()
    right = found = expected = 0
    with torch.no_grad():
        for text, spans in held_out:
            encoded = encode([text])
            answer = found_spans(encoded.encodings[0], model(**encoded).logits[0].argmax(1).tolist())
            right += len(answer & set(spans))
            found += len(answer)
            expected += len(spans)
    precision, recall = right / found, right / expected
    evaluation = {
        "addresses_trained": len(train),
        "addresses_held_out": len(held_out),
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "f1": round(2 * precision * recall / (precision + recall), 3),
    }
    print(evaluation)
    (HERE / "evaluation.json").write_text(json.dumps(evaluation, indent=2) + "\n")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (Path(folder) / "samples.json").write_text(json.dumps({"instances": SAMPLES}, indent=2) + "\n")


main()
