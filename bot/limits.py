"""Limits: who writes too fast, and whose share of the model is used up."""

from bot.pack import Limits
from bot.ports import Spent

_SLOWED = 4
"""How many times slower it goes for somebody who keeps trying to give the model orders."""


def too_fast(spent: Spent, limits: Limits) -> bool:
    slowed = spent.attempts >= limits.attempts
    pace = max(1, limits.messages // _SLOWED) if slowed else limits.messages
    return spent.messages >= pace


def used_up(spent: Spent, limits: Limits) -> bool:
    shares = (
        (spent.person_tokens, limits.person_tokens),
        (spent.department_tokens, limits.department_tokens),
        (spent.person_money, limits.person_money),
        (spent.department_money, limits.department_money),
    )
    return any(limit is not None and used >= limit for used, limit in shares)
