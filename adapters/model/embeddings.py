"""Embedders: the endpoint's, and a local one through `fastembed`, which is an extra."""

import asyncio
import importlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import openai
from numpy.typing import NDArray
from openai import AsyncOpenAI

from bot.ports import Unavailable

SUGGESTED = "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
"""Fifty languages, 384 numbers, 0.2 GB."""


# What is not a list of rows of numbers, each with its index.
_MALFORMED = (ValueError, TypeError, AttributeError)


class NoModel(Exception):
    """There is no local model. `str()` says why, and what to do."""


class EndpointEmbedder:
    """A model of an endpoint that speaks OpenAI's wire."""

    def __init__(self, client: AsyncOpenAI, model: str) -> None:
        self.name = f"{model}@{client.base_url.host}"
        self._client = client
        self._model = model

    async def embed(self, texts: Sequence[str], *, asked: bool = False) -> NDArray[np.float32]:
        """A row for each text. Raises `Unavailable`."""
        try:
            # Other servers do not know the client's own default, base64.
            answer = await self._client.embeddings.create(
                model=self._model, input=list(texts), encoding_format="float"
            )
            rows = sorted(answer.data, key=lambda one: one.index)
            return np.array([row.embedding for row in rows], np.float32)
        except (openai.OpenAIError, httpx2.HTTPError, OSError, *_MALFORMED) as error:
            raise Unavailable(type(error).__name__) from error


class LocalEmbedder:
    """A model on this machine. Loaded at once: raises `NoModel`."""

    def __init__(self, path: str, cache: Path) -> None:
        """`path`: the folder of a model that `fastembed` knows, by that model's name.

        Empty: the suggested one, which is downloaded to `cache` unless it is there.
        """
        self.name = Path(path).name if path else SUGGESTED
        try:
            self._model = _load(path, cache)
        except ImportError as error:
            raise NoModel("local needs more: pip install -r requirements-local.lock") from error
        except Exception as error:  # whatever the far side of the download or the file raises
            raise NoModel(f"the local model cannot be loaded ({error})") from error
        self._one = asyncio.Lock()

    async def embed(self, texts: Sequence[str], *, asked: bool = False) -> NDArray[np.float32]:
        """A row for each text. Raises `Unavailable`."""
        how = self._model.query_embed if asked else self._model.passage_embed
        async with self._one:
            try:
                return await asyncio.to_thread(lambda: _rows(how(list(texts))))
            except (ValueError, RuntimeError) as error:
                raise Unavailable(type(error).__name__) from error


def _load(path: str, cache: Path) -> Any:
    text_embedding: Any = importlib.import_module("fastembed").TextEmbedding
    if not path:
        return text_embedding(SUGGESTED, cache_dir=str(cache))
    if not Path(path).is_dir():
        raise FileNotFoundError(path)
    names = [str(model["model"]) for model in text_embedding.list_supported_models()]
    like = (name for name in names if name.rpartition("/")[2] == Path(path).name)
    return text_embedding(next(like, SUGGESTED), specific_model_path=path)


def _rows(vectors: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.stack(list(vectors)).astype(np.float32)
