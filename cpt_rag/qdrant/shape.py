"""A spec as a server is told it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cpt_rag.qdrant.scale import QUANTILE, Quantisation
from cpt_rag.qdrant.spec import CollectionSpec

if TYPE_CHECKING:
    from qdrant_client import models


def shape(spec: CollectionSpec) -> dict[str, Any]:
    """Arguments of the client's ``create_collection``, the metadata apart."""
    from qdrant_client import models

    on_disk, deployment, wanted = spec.on_disk, spec.deployment, spec.quantisation
    return {
        "vectors_config": {
            name: models.VectorParams(
                size=spec.dimension, distance=models.Distance.COSINE, on_disk=on_disk.vectors
            )
            for name in spec.dense_names
        },
        "sparse_vectors_config": {
            spec.sparse: models.SparseVectorParams(
                modifier=models.Modifier.IDF,
                index=models.SparseIndexParams(on_disk=on_disk.indexes),
            )
        },
        "shard_number": deployment.shards,
        "replication_factor": deployment.replicas,
        "write_consistency_factor": deployment.write_consistency,
        "on_disk_payload": on_disk.payload,
        "hnsw_config": models.HnswConfigDiff(m=spec.hnsw.m, ef_construct=spec.hnsw.ef_construct),
        "quantization_config": None if wanted is None else _quantisation(wanted),
    }


def keyword_index(spec: CollectionSpec) -> models.KeywordIndexParams:
    """How each of the spec's keyword fields is indexed."""
    from qdrant_client import models

    return models.KeywordIndexParams(
        type=models.KeywordIndexType.KEYWORD, on_disk=spec.on_disk.indexes
    )


def _quantisation(
    wanted: Quantisation,
) -> models.ScalarQuantization | models.BinaryQuantization:
    from qdrant_client import models

    if wanted.kind == "binary":
        return models.BinaryQuantization(
            binary=models.BinaryQuantizationConfig(always_ram=wanted.always_ram)
        )
    return models.ScalarQuantization(
        scalar=models.ScalarQuantizationConfig(
            type=models.ScalarType.INT8, quantile=QUANTILE, always_ram=wanted.always_ram
        )
    )
