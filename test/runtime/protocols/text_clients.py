"""Calls the server of test/runtime/protocols/text-clients.test.ts with unmodified clients: python text_clients.py URL

Prints what they return, as JSON.
"""

import json
import sys

import cohere
from huggingface_hub import InferenceClient
from langchain_cohere import CohereRerank
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEndpointEmbeddings
from langchain_openai import OpenAIEmbeddings
from openai import BadRequestError, OpenAI

base = sys.argv[1]
TEXTS = ["a very good film", "bad"]
found: dict[str, object] = {}

openai = OpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0)
# The client sends `encoding_format: base64` unless a caller chooses.
found["openai"] = [each.embedding for each in openai.embeddings.create(model="any", input=TEXTS).data]
floats = openai.embeddings.create(model="any", input=TEXTS[0], encoding_format="float", dimensions=2)
found["openai float"] = floats.data[0].embedding
found["openai usage"] = floats.usage.total_tokens
found["openai models"] = [model.id for model in openai.models.list()]
try:
    openai.embeddings.create(model="any", input=[])
except BadRequestError as error:
    found["openai error"] = str(error)

hub = InferenceClient()
embed, classify, tag, label, fill = (
    f"{base}/models/words_{name}" for name in ("embed", "classify", "tag", "label", "fill")
)
found["hub feature_extraction"] = hub.feature_extraction(TEXTS[0], model=embed).tolist()
raw = hub.feature_extraction(TEXTS[0], model=embed, normalize=True, truncate=True, truncation_direction="left")
found["hub options"] = raw.tolist()
found["hub sentence_similarity"] = hub.sentence_similarity(TEXTS[0], other_sentences=[TEXTS[0], TEXTS[1]], model=embed)
found["hub text_classification"] = [
    [each.label, each.score] for each in hub.text_classification("good good film", model=classify)
]
found["hub top_k"] = [each.label for each in hub.text_classification("bad", top_k=1, model=classify)]
found["hub token_classification"] = [
    [each.entity_group, each.word, each.start, each.end]
    for each in hub.token_classification("a good film", aggregation_strategy="simple", model=tag)
]

found["hub zero_shot_classification"] = [
    [each.label, each.score]
    for each in hub.zero_shot_classification("film", ["bad", "good"], hypothesis_template="a {} film", model=label)
]
both = hub.zero_shot_classification("film", ["bad", "good"], multi_label=True, model=label)
found["hub multi_label"] = [[each.label, each.score] for each in both]
found["hub fill_mask"] = [
    [each.token_str, each.token, each.sequence] for each in hub.fill_mask("a [UNK] film", top_k=2, model=fill)
]

langchain = OpenAIEmbeddings(base_url=f"{base}/v1", api_key="none", model="any", check_embedding_ctx_length=False)
found["langchain openai documents"] = langchain.embed_documents(TEXTS)
found["langchain openai query"] = langchain.embed_query(TEXTS[0])
# The class takes no URL as a model, so it gets a client of the URL.
endpoint = HuggingFaceEndpointEmbeddings(model="any")
endpoint.client = InferenceClient(model=embed)
found["langchain hub documents"] = endpoint.embed_documents(TEXTS)
found["langchain hub query"] = endpoint.embed_query(TEXTS[0])

DOCUMENTS = ["a bad film", "good", "very good, good film"]


def ranks(results: object) -> object:
    return [[each.index, each.relevance_score] for each in results]


second = cohere.ClientV2("none", base_url=base)
found["cohere v2"] = ranks(second.rerank(model="any", query="film", documents=DOCUMENTS, top_n=2).results)
first = cohere.Client("none", base_url=base)
answer = first.rerank(model="any", query="film", documents=DOCUMENTS, return_documents=True).results
found["cohere v1"] = ranks(answer)
found["cohere v1 documents"] = [each.document.text for each in answer]
try:
    second.rerank(model="any", query="film", documents=[])
except cohere.errors.BadRequestError as error:
    found["cohere error"] = error.body
reranker = CohereRerank(client=second, model="any", top_n=1)
documents = reranker.compress_documents([Document(each) for each in DOCUMENTS], "film")
found["langchain cohere"] = [each.page_content for each in documents]

print(json.dumps(found))
