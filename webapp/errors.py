"""What can go wrong in the domain, by what happened. Imports no framework.

`status` and `title` are what problems.py tells a client; the message is the `detail`, a sentence to act on.
"""

from __future__ import annotations


class DomainError(Exception):
    status = 400
    title = "Bad request"
    retry_after: int | None = None

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or self.__doc__ or self.title
        super().__init__(self.detail)


class NotFoundError(DomainError):
    """There is nothing here, or it is not yours."""

    status = 404
    title = "Not found"


class EmailTakenError(DomainError):
    """Email already registered"""

    title = "Email already registered"


class UsernameTakenError(DomainError):
    """Username already taken"""

    title = "Username already taken"


class WrongPasswordError(DomainError):
    """The current password is not right."""

    title = "Wrong password"


class BadCredentialsError(DomainError):
    """Incorrect email or password"""

    status = 401
    title = "Incorrect email or password"


class InactiveAccountError(DomainError):
    """Account is inactive"""

    status = 403
    title = "Account is inactive"


class InvalidTokenError(DomainError):
    """Could not validate credentials"""

    status = 401
    title = "Could not validate credentials"


class NotAuthenticatedError(DomainError):
    """Not authenticated"""

    status = 401
    title = "Not authenticated"


class ConflictError(DomainError):
    """The request does not fit the present state."""

    status = 409
    title = "Conflict"


class AlreadyAnsweredError(ConflictError):
    """This question has an answer already. Use retry to give a further attempt."""


class NotAnsweredError(ConflictError):
    """This question has no answer yet. Answer it before you retry it."""


class InterviewClosedError(ConflictError):
    """This interview is over, so it takes no more answers. Use retry to practise one of its questions again."""


class JobFinishedError(ConflictError):
    """This job is finished already, so it cannot be cancelled."""


class JobNotRetryableError(ConflictError):
    """Only a failed or cancelled job can be retried."""


class InvalidFieldsError(DomainError):
    """One or more fields are not right."""

    status = 422
    title = "Unprocessable content"

    def __init__(self, errors: dict[str, list[str]], detail: str | None = None) -> None:
        super().__init__(detail)
        self.errors = errors


class IdempotencyKeyReusedError(DomainError):
    """This Idempotency-Key was used with another request. Use a new key for a new request."""

    status = 422
    title = "Idempotency key reused"


class ServiceUnavailableError(DomainError):
    """The service cannot do this right now, and nothing was changed. Try again in a few seconds."""

    status = 503
    title = "Service unavailable"
    retry_after = 5


class OutcomeUnknownError(ServiceUnavailableError):
    """The connection to the database was lost during the commit, so it is not known whether this was saved."""

    title = "Outcome unknown"

    def __init__(self, *, has_key: bool) -> None:
        tells = (
            "Send the same request with the same Idempotency-Key: it is carried out if it was not saved, and "
            "answered as the first time if it was."
            if has_key
            else "Look whether it is there before you send it again. A request with an Idempotency-Key can be "
            "sent again without that."
        )
        super().__init__(f"{self.__doc__} {tells}")
