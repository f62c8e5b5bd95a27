"""Why an analysis could not be made. The runner maps these to a job's error and its retry rule."""

from __future__ import annotations


class AnalysisError(Exception):
    """`code` is one of the job error codes of the API; `message` is a sentence for the candidate.

    `retryable`: a later try may succeed; `retry_after`: seconds the provider asked us to wait, if it did;
    `usage`: what the provider was paid until then, as in types.Assessment.usage.
    """

    code = "internal"
    retryable = False

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        self.usage: dict[str, float] = {}


class ProviderTimeoutError(AnalysisError):
    code = "provider_timeout"
    retryable = True


class ProviderRateLimitedError(AnalysisError):
    code = "provider_rate_limited"
    retryable = True


class ProviderUnavailableError(AnalysisError):
    code = "provider_unavailable"
    retryable = True


class ProviderInvalidOutputError(AnalysisError):
    code = "provider_invalid_output"
    retryable = True


class ProviderRejectedError(AnalysisError):
    """The provider refused for good: a wrong key, an unknown model, a refusal to judge this answer."""

    code = "provider_rejected"


class JobCancelledError(AnalysisError):
    """The job was cancelled or its lease was lost while the engine worked."""

    code = "cancelled"
