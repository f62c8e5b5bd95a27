"""A provider's failures as ours. The messages are for people: no key, no answer, nothing a provider wrote."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from worker.analysis.errors import (
    AnalysisError,
    ProviderInvalidOutputError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderTimeoutError,
    ProviderUnavailableError,
)

_OUT_OF_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
TOO_LONG = "context_length_exceeded"
_TOO_LONG = frozenset({TOO_LONG, "exceed_context_size_error"})


def timed_out(timeout_seconds: float) -> AnalysisError:
    return ProviderTimeoutError(f"The model provider did not answer within {timeout_seconds:g} seconds.")


def unreachable() -> AnalysisError:
    return ProviderUnavailableError("The model provider could not be reached.")


def cut_off() -> AnalysisError:
    return ProviderInvalidOutputError("The model's output was cut off before it was complete.")


def refused() -> AnalysisError:
    return ProviderRejectedError("The model declined to judge this answer.")


def unreadable() -> AnalysisError:
    return ProviderInvalidOutputError("The model provider's answer could not be read.")


def of_status(
    status: int, headers: Mapping[str, str], code: str = "", *, now: datetime | None = None
) -> AnalysisError:
    """What an HTTP status of 400 and above stands for; `code` is the provider's own, or ""."""
    wait = retry_after(headers, now=now)
    if status in (408, 504):
        return ProviderTimeoutError(f"The model provider gave up waiting (HTTP {status}).", retry_after=wait)
    if status == 402 or code in _OUT_OF_CREDIT:
        return ProviderRejectedError(f"The account at the model provider is out of credit (HTTP {status}).")
    if status == 429:
        return ProviderRateLimitedError(
            "The model provider asks us to slow down (HTTP 429).", retry_after=wait
        )
    if status >= 500 or status in (409, 425):
        return ProviderUnavailableError(
            f"The model provider is failing at present (HTTP {status}).", retry_after=wait
        )
    if status == 401:
        return ProviderRejectedError("The model provider does not accept the configured key (HTTP 401).")
    if status == 403:
        return ProviderRejectedError("The configured key may not use this model (HTTP 403).")
    if status == 404:
        return ProviderRejectedError(
            "The model provider does not know the configured model or address (HTTP 404)."
        )
    if code == "content_filter":
        return ProviderRejectedError(
            f"The model provider's content filter stopped this answer (HTTP {status})."
        )
    if code in _TOO_LONG:
        return ProviderRejectedError(
            f"The question and the answer do not fit into the model's context (HTTP {status})."
        )
    return ProviderRejectedError(f"The model provider does not accept the request (HTTP {status}).")


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """The seconds a provider asks us to wait, from Retry-After in seconds or as a date; else None."""
    given = {name.lower(): value.strip() for name, value in headers.items()}
    milliseconds = _seconds(given.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = given.get("retry-after", "")
    seconds = _seconds(value)
    if seconds is not None:
        return seconds
    try:
        until = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
