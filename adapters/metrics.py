"""What /metrics shows. Names and labels hold no person, place or text."""

from collections.abc import Awaitable, Callable
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.accepted = Counter(
            "handrail_events_accepted_total", "Events kept", ["kind"], registry=self._registry
        )
        self.duplicates = Counter(
            "handrail_events_duplicate_total",
            "Events that had been seen before",
            registry=self._registry,
        )
        self.accept_seconds = Histogram(
            "handrail_accept_seconds",
            "From the request to the committed row",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.turn_seconds = Histogram(
            "handrail_turn_seconds", "Of a whole turn", buckets=_SECONDS, registry=self._registry
        )
        self.delivery_seconds = Histogram(
            "handrail_delivery_seconds",
            "From taken up to sent, or given up",
            buckets=_SECONDS,
            registry=self._registry,
        )

    def timed(
        self, histogram: Histogram, work: Callable[[str], Awaitable[None]]
    ) -> Callable[[str], Awaitable[None]]:
        async def measured(id: str) -> None:
            started = perf_counter()
            try:
                await work(id)
            finally:
                histogram.observe(perf_counter() - started)

        return measured

    def text(self) -> bytes:
        return generate_latest(self._registry)
