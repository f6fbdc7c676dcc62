"""Published checkpoints of others, one row each.

Values are those of the model cards and configuration files, and of mteb's model registry
(revisions, lengths, licences). What could not be read there is None, with a comment.
"""

from __future__ import annotations

from cpt_rag.encoders.preset import Preset

_HUB = "https://huggingface.co/"
_ARXIV = "https://arxiv.org/abs/"
_CODE_QUERY = "Represent this query for searching relevant code: "
_JINA_PROMPTS = {
    "query": "Find the most relevant code snippet given the following query:\n",
    "document": "Candidate code snippet:\n",
}

PUBLISHED = (
    Preset(
        name="sfr-embedding-code-400m",
        repository="Salesforce/SFR-Embedding-Code-400M_R",
        revision="d718814973c493a85547df67006b36f4e77cf728",
        architecture="GteModel",
        pooling="cls",
        dimension=1024,
        max_tokens=8192,
        licence="cc-by-nc-4.0",
        remote_code=True,
        source=_ARXIV + "2411.12644",
    ),
    Preset(
        name="sfr-embedding-code-2b",
        repository="Salesforce/SFR-Embedding-Code-2B_R",
        revision="c73d8631a005876ed5abde34db514b1fb6566973",
        architecture="Gemma2Model",
        pooling="lasttoken",
        prompts={"query": "Instruct: Given Code or Text, retrieval relevant content\nQuery: "},
        dimension=2304,
        max_tokens=8192,
        licence="cc-by-nc-4.0",
        remote_code=True,
        source=_ARXIV + "2411.12644",
    ),
    Preset(
        name="qodo-embed-1-1.5b",
        repository="Qodo/Qodo-Embed-1-1.5B",
        revision="84bbef079b32e8823ec226d4e9e92902706b0eb6",
        architecture="Qwen2Model",
        pooling="lasttoken",
        dimension=1536,
        max_tokens=32768,
        licence="qodoai-open-rail-m",
        source=_HUB + "Qodo/Qodo-Embed-1-1.5B",
    ),
    Preset(
        name="qodo-embed-1-7b",
        repository="Qodo/Qodo-Embed-1-7B",
        revision="f9edd9bf7f687c0e832424058e265120f603cd81",
        architecture="Qwen2Model",
        pooling="lasttoken",
        dimension=3584,
        max_tokens=32768,
        licence="qodoai-open-rail-m",  # mteb points to the licence of the smaller one
        source=_HUB + "Qodo/Qodo-Embed-1-7B",
    ),
    Preset(
        name="oasis-code-embedding-1.5b",
        repository="Kwaipilot/OASIS-code-embedding-1.5B",
        revision=None,  # only its first digits could be read
        architecture="Qwen2Model",
        pooling="lasttoken",
        prompts={
            "query": "Instruct: Given a code search query, retrieve relevant code snippet that "
            "answer the query\nQuery: "
        },
        dimension=1536,
        max_tokens=None,  # not read; the checkpoint's own sentence_bert_config.json has it
        licence="mit",
        source=_ARXIV + "2503.08161",
    ),
    Preset(
        name="codet5p-110m-embedding",
        repository="Salesforce/codet5p-110m-embedding",
        revision="ad0691e14d82f5f9a3a587b876336872e4db6e51",
        architecture="T5EncoderModel",
        pooling="cls",
        dimension=256,
        max_tokens=512,
        licence="bsd-3-clause",
        remote_code=True,
        source=_ARXIV + "2305.07922",
    ),
    Preset(
        name="coderankembed",
        repository="nomic-ai/CodeRankEmbed",
        revision="ef5ddb567817e49c24a6f0b50113d1bae494a09a",  # the last to change its files
        architecture="NomicBertModel",
        pooling="cls",
        prompts={"query": _CODE_QUERY},
        dimension=768,
        max_tokens=8192,
        licence="mit",
        remote_code=True,
        source=_ARXIV + "2412.01007",
    ),
    Preset(
        name="jina-code-embeddings-0.5b",
        repository="jinaai/jina-code-embeddings-0.5b",
        revision=None,  # that of the published weights could not be read
        architecture="Qwen2Model",
        pooling="lasttoken",
        prompts=_JINA_PROMPTS,
        dimension=896,
        max_tokens=32768,
        licence="cc-by-nc-4.0",
        source=_ARXIV + "2508.21290",
    ),
    Preset(
        name="jina-code-embeddings-1.5b",
        repository="jinaai/jina-code-embeddings-1.5b",
        revision=None,  # as above
        architecture="Qwen2Model",
        pooling="lasttoken",
        prompts=_JINA_PROMPTS,
        dimension=1536,
        max_tokens=32768,
        licence="cc-by-nc-4.0",
        source=_ARXIV + "2508.21290",
    ),
    Preset(
        name="nomic-embed-code",
        repository="nomic-ai/nomic-embed-code",
        revision="11114029805cee545ef111d5144b623787462a52",
        architecture="Qwen2Model",
        pooling="lasttoken",
        prompts={"query": _CODE_QUERY},
        dimension=3584,
        max_tokens=32768,
        licence="apache-2.0",
        source=_ARXIV + "2412.01007",
    ),
    Preset(
        name="qwen3-embedding-0.6b",
        repository="Qwen/Qwen3-Embedding-0.6B",
        revision="b22da495047858cce924d27d76261e96be6febc0",
        architecture="Qwen3Model",
        pooling="lasttoken",
        prompts={
            "query": "Instruct: Given a web search query, retrieve relevant passages that answer "
            "the query\nQuery:"
        },
        dimension=1024,
        max_tokens=32768,
        licence="apache-2.0",
        source=_ARXIV + "2506.05176",
    ),
    Preset(
        name="embeddinggemma-300m",
        repository="google/embeddinggemma-300m",
        revision="64614b0b8b64f0c6c1e52b07e4e9a4e8fe4d2da2",
        architecture="Gemma3TextModel",
        pooling="mean",
        prompts={
            "query": "task: search result | query: ",
            "document": "title: none | text: ",
        },
        dimension=768,
        max_tokens=2048,
        licence="gemma",
        source=_ARXIV + "2509.20354",
    ),
    Preset(
        name="all-minilm-l6-v2",
        repository="sentence-transformers/all-MiniLM-L6-v2",
        revision="8b3219a92973c328a8e22fadcfa821b5dc75636a",
        architecture="BertModel",
        pooling="mean",
        dimension=384,
        max_tokens=256,
        licence="apache-2.0",
        source=_HUB + "sentence-transformers/all-MiniLM-L6-v2",
    ),
    Preset(
        name="potion-code-16m",
        repository="minishlab/potion-code-16M",
        revision=None,  # only its first digits could be read
        architecture="StaticEmbedding",
        pooling="mean",
        dimension=256,
        max_tokens=None,
        licence="mit",
        source=_HUB + "minishlab/potion-code-16M",
    ),
)
