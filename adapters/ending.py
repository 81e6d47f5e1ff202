"""The end of what runs beside: cancelled until it has heard it."""

import asyncio


async def ended(*tasks: asyncio.Task[object] | None) -> None:
    """However they end. A driver may lose a cancellation that comes while it connects."""
    known = [x for x in tasks if x]
    left = set(known)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1)
    await asyncio.gather(*known, return_exceptions=True)
