"""Writes a small model with random weights that answers questions, and what the pipeline of Transformers 4.57 makes of them.

python question_answering_cases.py FOLDER

FOLDER gets model.onnx, tokenizer.json and expected.json. Transformers 5 has no such pipeline.
"""

import json
import pathlib
import sys

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForQuestionAnswering, PreTrainedTokenizerFast, pipeline

folder = pathlib.Path(sys.argv[1])
MAX_TOKENS = 24
STRIDE = MAX_TOKENS // 2

WORDS = """who where what met lives in is the a very good bad film service paris berlin anna bob at acme corp ! ? , . ' e un
#### believ ##able ##ing ##s walk play tok ##en ##iz ##er zürich 東 京 ß""".split()
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = {word: index for index, word in enumerate([*SPECIAL, *dict.fromkeys(WORDS)])}

CASES = [
    ("Who met Bob?", "Anna met Bob in Paris."),
    ("Where is Anna?", "Anna lives in Zürich, Bob lives in Berlin 😀 tokenizers are playing in 東京!"),
    ("What is good?", "a"),
    ("Where is the very good film?", "The film is in Paris. " * 3 + "The unbelievable service at Acme Corp, playing in Berlin, is bad. " * 4),
    ("Who?", "Bob is walking, Anna is playing. " * 12),
]


def main() -> None:
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
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, model_max_length=MAX_TOKENS, model_input_names=inputs, **names
    )
    torch.manual_seed(18)
    config = BertConfig(
        vocab_size=len(VOCABULARY), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64, initializer_range=1.0, attn_implementation="eager",
    )
    model = BertForQuestionAnswering(config).eval()
    answer = pipeline("question-answering", model=model, tokenizer=tokenizer, device="cpu")
    expected = []
    for question, context in CASES:
        for longest in (3, 15):
            found = answer(question=question, context=context, max_answer_len=longest)
            expected.append({"question": question, "context": context, "maxAnswerTokens": longest, **found})

    class Outputs(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask, token_type_ids):
            found = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
            return found.start_logits, found.end_logits

    example = torch.tensor([[2, 5, 6, 3], [2, 7, 3, 0]])
    names = ["input_ids", "attention_mask", "token_type_ids"]
    outputs = ["start_logits", "end_logits"]
    torch.onnx.export(
        Outputs().eval(), (example, (example != 0).long(), torch.zeros_like(example)), str(folder / "model.onnx"),
        input_names=names, output_names=outputs, dynamo=False,
        dynamic_axes={each: {0: "batch", 1: "tokens"} for each in [*names, *outputs]},
    )
    (folder / "expected.json").write_text(json.dumps({"maxTokens": MAX_TOKENS, "stride": STRIDE, "cases": expected}, ensure_ascii=False, indent=1))


main()
