"""What the settings say of the endpoint: its models, and who embeds."""

import asyncio
from contextlib import AsyncExitStack

from openai import AsyncOpenAI

from adapters.knowledge.meaning import Meaning
from adapters.model import openai_wire
from adapters.model.embeddings import EndpointEmbedder, LocalEmbedder, NoModel
from adapters.model.offline import Offline
from adapters.settings import Settings, SettingsError
from bot.pack import Tier
from bot.ports import Model


def client(settings: Settings, stack: AsyncExitStack) -> AsyncOpenAI | None:
    """None: no endpoint is configured."""
    if settings.offline:
        return None
    opened = openai_wire.connect(
        api_key=settings.openai_api_key or "",
        base_url=settings.openai_base_url or "",
        api_version=settings.openai_api_version or "",
    )
    stack.push_async_callback(opened.close)
    return opened


async def meaning(settings: Settings, client: AsyncOpenAI | None) -> Meaning | None:
    """None: the handbook is searched by words only. Raises `SettingsError`."""
    if settings.local_embeddings:
        path = (settings.embeddings or "").partition(":")[2]
        try:
            return Meaning(await asyncio.to_thread(LocalEmbedder, path, settings.data / "models"))
        except NoModel as error:
            raise SettingsError(f"HANDRAIL_EMBEDDINGS: {error}") from error
    if settings.embeddings and client:
        return Meaning(EndpointEmbedder(client, settings.embeddings))
    return None


def models(settings: Settings, client: AsyncOpenAI | None) -> dict[Tier, tuple[Model, ...]]:
    """Those of the endpoint in their order, and `offline` after them."""
    last: tuple[Model, ...] = (Offline(),)
    if client is None:
        return {tier: last for tier in Tier}
    remote = openai_wire.models(client, fast=settings.model_fast, deep=settings.model_deep or "")
    return {tier: (*remote[tier], *last) for tier in Tier}
