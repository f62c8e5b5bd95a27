"""What a provider charges for tokens, in US dollars a million, as its price list said on AS_OF.

Sources: https://developers.openai.com/api/docs/pricing and
https://platform.claude.com/docs/en/models/overview. Standard rates for prompts under 100,000 tokens (ours
have a few thousand), without the discounts for cached input, so a cost is an upper bound of the bill. A model
that is not listed, or that is served by anybody else, has no known price, and its cost is not guessed.
"""

from __future__ import annotations

import re
from types import MappingProxyType

AS_OF = "2026-11-23"

_OPENAI = {
    "gpt-6.2-astra": (8.00, 40.00),
    "gpt-6.2-sol": (2.00, 10.00),
    "gpt-6.1-sol": (2.00, 10.00),
    "gpt-6-astra": (10.00, 50.00),
    "gpt-6-sol": (2.00, 10.00),
    "gpt-6-luna": (0.10, 0.50),
    "gpt-5.6-sol": (4.00, 20.00),
    "gpt-5.6-terra": (2.00, 12.00),
    "gpt-5.6-luna": (0.20, 1.20),
    "gpt-5.5": (5.00, 30.00),
    "gpt-5.4": (2.50, 15.00),
    "gpt-5.4-mini": (0.75, 4.50),
    "gpt-5.4-nano": (0.20, 1.25),
}
_ANTHROPIC = {
    "claude-fable-5-2": (8.00, 40.00),
    "claude-fable-5-1": (10.00, 50.00),
    "claude-opus-5-5": (4.00, 20.00),
    "claude-opus-5": (5.00, 25.00),
    "claude-opus-4-6": (5.00, 25.00),
    "claude-opus-4-5": (5.00, 25.00),
    "claude-sonnet-5-5": (2.00, 10.00),
    "claude-sonnet-5": (2.00, 10.00),
    "claude-sonnet-4-6": (3.00, 15.00),
    "claude-sonnet-4-5": (3.00, 15.00),
    "claude-haiku-5-5": (0.10, 0.50),
    "claude-haiku-4-5": (1.00, 5.00),
}
PRICES = MappingProxyType({"openai": MappingProxyType(_OPENAI), "anthropic": MappingProxyType(_ANTHROPIC)})
"""(input, output) by provider and model."""

_SNAPSHOT = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{8})$")


def cost_usd(provider: str, model: str, input_tokens: int, output_tokens: int) -> float | None:
    """What so many tokens cost, None without a known price. A dated snapshot costs what its model does."""
    listed = PRICES.get(provider)
    price = listed.get(_SNAPSHOT.sub("", model)) if listed else None
    if price is None:
        return None
    return round((input_tokens * price[0] + output_tokens * price[1]) / 1_000_000, 6)
