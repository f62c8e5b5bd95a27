"""One form of an email address for registration, login, throttling and look-up: the stored form is the compared form."""

from __future__ import annotations

import unicodedata

import idna
from email_validator import EmailNotValidError, validate_email

from webapp.text import strip_invisible

MAX_LENGTH = 254
MAX_LOCAL_LENGTH = 64


def normalize_email(text: str) -> str:
    """The form in which an address is stored and compared. Any text has one, so a login with a malformed one just fails.

    The domain is in Unicode, whether it was written in Unicode, in punycode or in full-width letters. Letters are
    lower-case, although the part before the @ could in principle distinguish them: no mail service in use does.
    """
    local, at, domain = unicodedata.normalize("NFC", strip_invisible(text)).rpartition("@")
    # Lower-casing here alone: a database lower-cases some letters, such as İ, by rules of its own.
    return f"{unicodedata.normalize('NFC', local.lower())}{at}{_domain(domain)}"


def _domain(text: str) -> str:
    try:
        return str(idna.decode(idna.encode(text, uts46=True)))
    except (idna.IDNAError, UnicodeError):
        return unicodedata.normalize("NFC", text.lower())


def email_problem(email: str) -> str | None:
    """What keeps a normalised address from being one that mail can be sent to; None when nothing does.

    Nothing is looked up.
    """
    local, at, domain = email.rpartition("@")
    if not at or not local or not domain:
        return "Must be an email address, like ada@example.com."
    if len(local.encode()) > MAX_LOCAL_LENGTH:
        return f"The part before the @ must be at most {MAX_LOCAL_LENGTH} bytes long."
    if "." not in domain:
        return "The domain after the @ must have a dot in it, like example.com."
    if len(email.encode()) > MAX_LENGTH:
        return f"Must be at most {MAX_LENGTH} bytes long."
    try:
        # test_environment: names under .test are valid, as RFC 6761 reserves them for tests.
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return "Not a valid email address."
    return None
