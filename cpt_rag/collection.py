"""A collection opened together with the encoder that made it.

Or one that another program wrote, for reading: searched by vectors where an encoder at hand made
them, which is tried on a few of its texts, and by words alone where none did.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cpt_rag.chunking import CHUNKER_VERSION
from cpt_rag.encoders import DEFAULT_ENCODER, load_encoder
from cpt_rag.errors import (
    CollectionError,
    EncoderError,
    IdentityMismatchError,
    InvalidInputError,
)
from cpt_rag.qdrant import (
    SAME,
    CollectionSpec,
    Foreign,
    ForeignEngine,
    Identity,
    Store,
    check_identity,
    make_again,
    open_store,
    preset_spec,
)
from cpt_rag.text.bm25 import SPARSE_PARAMETERS

if TYPE_CHECKING:
    from typing_extensions import Self

    from cpt_rag.qdrant import Engine
    from cpt_rag.types import Encoder

SCHEMA_VERSION = 3
# Of a collection whose points may have descriptions, so that a program that knows of none, and
# would write over them, refuses it.
DESCRIBED_SCHEMA_VERSION = 4
# Long enough for nearly every function, short enough that a mean of token vectors keeps its point.
CHUNK_TOKENS = 384

StoreLike = str | Path | Store | None


@dataclass(frozen=True, slots=True)
class Collection:
    """An open collection: its points, and the one encoder whose vectors they are.

    Close it, or use it in a ``with`` block; ``store`` is what closes with it, if anything.
    ``maker`` is None where another program wrote it with an encoder that is not at hand.
    """

    name: str
    engine: Engine
    maker: Encoder | None
    store: Store | None = None

    @property
    def encoder(self) -> Encoder:
        """The encoder whose vectors the points have.

        Raises:
            CollectionError: it is not at hand.
        """
        if self.maker is None:
            raise CollectionError(
                f"collection {self.name!r} was written by another program, and {DEFAULT_ENCODER}"
                " did not make its vectors",
                expected="a search by words alone, which needs none",
                remedy="name the encoder that made them: --encoder NAME or PATH",
            )
        return self.maker

    @property
    def foreign(self) -> bool:
        """Whether another program wrote it: it can be read, and not changed."""
        return isinstance(self.engine, ForeignEngine)

    @property
    def lexical(self) -> bool:
        """Whether it can be searched by words alone, its encoder not being at hand."""
        return self.maker is None

    def close(self) -> None:
        """Let go of the collection; does nothing the second time."""
        try:
            self.engine.close()
        finally:
            if self.store is not None:
                self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def default_store() -> Path:
    """The per-user data folder's store."""
    from platformdirs import user_data_path

    return user_data_path("cpt-rag") / "store"


def resolve_store(store: StoreLike) -> Store:
    """A store from a folder, a URL, an open store, or None for the default folder."""
    if store is None:
        return open_store(default_store())
    return open_store(store) if isinstance(store, str | Path) else store


def chunk_tokens(encoder: Encoder) -> int:
    """Longest chunk for ``encoder``, in its own tokens."""
    return min(encoder.max_tokens or CHUNK_TOKENS, CHUNK_TOKENS)


def identity_of(encoder: Encoder, *, described: bool = False) -> Identity:
    """What a collection made now with ``encoder`` remembers, with or without descriptions."""
    return Identity(
        encoder=encoder.fingerprint,
        chunker=f"{CHUNKER_VERSION}/{chunk_tokens(encoder)}",
        sparse=SPARSE_PARAMETERS,
        schema=DESCRIBED_SCHEMA_VERSION if described else SCHEMA_VERSION,
    )


def open_collection(
    name: str,
    store: StoreLike = None,
    *,
    encoder: str | Path | Encoder | None = None,
    create: bool = False,
    document_key: bool = False,
    preset: str | CollectionSpec | None = None,
    described: bool = False,
) -> Collection:
    """Open ``name`` with its encoder, for a ``with`` block or until it is closed.

    A collection that another program wrote opens for reading, unless ``create`` is true.

    Within one process a collection may be open several times; of several processes, one at a time
    may have a collection in a folder.

    Args:
        name: the collection.
        store: a folder, a server's URL, or None for the per-user folder.
        encoder: a name, path or loaded encoder; None for the one that made the collection.
        create: make the collection where there is none.
        document_key: have its texts under ``document`` too, where mcp-server-qdrant reads them.
        preset: how a new collection is kept: "10k", "1m" or "100m" for about so many chunks, or a
            spec of one's own; one that is there must be kept so.
        described: have it hold descriptions of its chunks, each with a vector of its own.

    Raises:
        InvalidInputError: no such preset.
        CollectionError: the collection is kept otherwise, or is an unfinished copy.
        CollectionNotFoundError: there is none, and ``create`` is false.
        CollectionError: another program wrote it, and no text can be read from it.
        IdentityMismatchError: the collection was made by another encoder, chunker or schema.
        InvalidInputError: it was made without the ``document_key`` or the descriptions that are
            asked for.
        StoreError: the store is locked, corrupt or out of reach.
    """
    with ExitStack() as undo:
        opened = resolve_store(store)
        owned = None if isinstance(store, Store) else opened
        if owned is not None:
            undo.callback(owned.close)
        if create and not opened.exists(name):
            loaded = loaded_encoder(DEFAULT_ENCODER if encoder is None else encoder)
            usual = CollectionSpec(loaded.dimension, document_key, described=described)
            spec = _wanted(preset, usual)
            engine = opened.create(name, spec, identity_of(loaded, described=spec.described))
            collection = Collection(name, engine, loaded, owned)
        elif not create and (foreign := opened.foreign(name)) is not None:
            collection = _foreign(foreign, encoder, owned)
        else:
            engine, found = opened.open(name)
            undo.callback(engine.close)
            loaded = maker_of(found, name) if encoder is None else loaded_encoder(encoder)
            expected = identity_of(loaded, described=engine.spec.described)
            check_identity(found, expected, name)
            _check_document_key(engine, document_key)
            _check_described(engine, described)
            _check_kept(engine, preset)
            collection = Collection(name, engine, loaded, owned)
        undo.pop_all()
    return collection


def _foreign(
    found: Foreign, encoder: str | Path | Encoder | None, owned: Store | None
) -> Collection:
    """Held to the encoder that is given, or by words alone where the default did not make it."""
    if not found.spaces and encoder is None:
        return Collection(found.name, ForeignEngine(found, None), None, owned)
    loaded = loaded_encoder(DEFAULT_ENCODER if encoder is None else encoder)
    space, cosine = found.nearest(loaded)
    if space is not None and cosine >= SAME:
        return Collection(found.name, ForeignEngine(found, space), loaded, owned)
    if encoder is None:
        return Collection(found.name, ForeignEngine(found, None), None, owned)
    vectors = ", ".join(f"{one.name or 'unnamed'} ({one.dimension})" for one in found.spaces)
    raise IdentityMismatchError(
        f"collection {found.name!r}, which another program wrote, has the vectors"
        f" {vectors or 'none'}; those of {loaded.fingerprint.name} ({loaded.dimension}) for the"
        f" same texts have a cosine of {cosine:.3f} with them",
        expected=f"a cosine of {SAME} or more",
        remedy="name the encoder that made them, or none, and it is searched by words alone",
    )


def _check_document_key(engine: Engine, wanted: bool) -> None:
    if wanted and not engine.spec.document_key:
        raise InvalidInputError(
            f"collection {engine.name!r} was made without the document key",
            expected="a new collection, or no document key",
            remedy=f"make it again: {make_again(engine.name)} --document-key",
        )


def _check_described(engine: Engine, wanted: bool) -> None:
    if wanted and not engine.spec.described:
        raise InvalidInputError(
            f"collection {engine.name!r} was made without descriptions",
            expected="a new collection, or no descriptions",
            remedy=f"make it again: {make_again(engine.name)} --descriptions FILE",
        )


def _wanted(preset: str | CollectionSpec | None, usual: CollectionSpec) -> CollectionSpec:
    """The spec asked for; ``usual`` is where none is, and says what a preset's name does not.

    Descriptions are asked for by giving some, whatever the preset.
    """
    if isinstance(preset, str):
        named = preset_spec(preset, usual.dimension)
        return replace(named, document_key=usual.document_key, described=usual.described)
    if preset is None:
        return usual
    return replace(preset, described=preset.described or usual.described)


def _check_kept(engine: Engine, preset: str | CollectionSpec | None) -> None:
    wanted = _wanted(preset, engine.spec)
    if engine.spec != wanted:
        raise CollectionError(
            f"collection {engine.name!r} is kept as {engine.spec}",
            expected=f"{wanted}, as asked for",
            remedy="leave the preset out, or make the collection again with it: "
            f"{make_again(engine.name)}",
        )


def loaded_encoder(encoder: str | Path | Encoder) -> Encoder:
    """The encoder of that name or path, or the one that is given."""
    return load_encoder(encoder) if isinstance(encoder, str | Path) else encoder


def maker_of(identity: Identity, name: str) -> Encoder:
    """The encoder that collection ``name`` says made it.

    Raises:
        IdentityMismatchError: it is not on this machine.
    """
    try:
        return load_encoder(identity.encoder.name)
    except EncoderError as error:
        raise IdentityMismatchError(
            f"Collection {name!r} was made by the encoder {identity.encoder.name!r}, "
            "which is not on this machine.",
            expected=f"an encoder with weights sha256 {identity.encoder.weights[:12]}...",
            remedy="pass its present place with --encoder PATH",
        ) from error
