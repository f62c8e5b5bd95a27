"""Which optional parts of a request a server takes, learned from what it refuses.

Servers that speak one protocol differ in their optional parameters: models that think refuse a temperature,
older servers know no JSON schema or the older name of the token bound. An error that names such a parameter is
answered by the same request in the next simpler form. What a server took in the end holds for the life of the
process; a call that fails all the same teaches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Form = Mapping[str, Any]
"""The parameters to send for one option; an empty form leaves the option out."""

Choice = Mapping[str, int]
"""The place of the form to send, by option. Each call has a choice of its own, so calls may run at once."""


class Dialect:
    """`options` maps an option to the words a refusal names it by and its forms, the preferred one first."""

    def __init__(self, options: Mapping[str, tuple[Sequence[str], int]]) -> None:
        self._words = {name: tuple(words) for name, (words, _forms) in options.items()}
        self._forms = {name: forms for name, (_words, forms) in options.items()}
        self._known: Choice = dict.fromkeys(options, 0)

    def choice(self) -> Choice:
        """The forms that are known to be taken."""
        return self._known

    def simpler(self, choice: Choice, refusal: str) -> Choice | None:
        """The choice with the next simpler form of the option that a refusal names; None where there is none."""
        said = refusal.lower()
        for name, words in self._words.items():
            if choice[name] + 1 < self._forms[name] and any(word in said for word in words):
                return {**choice, name: choice[name] + 1}
        return None

    def taken(self, choice: Choice) -> None:
        """Notes that the server takes a request of this choice."""
        # Of two calls at once, the one that had to ask for less knows more.
        self._known = {name: max(known, choice[name]) for name, known in self._known.items()}


def parameters(choice: Choice, forms: Mapping[str, Sequence[Form]]) -> dict[str, Any]:
    """The parameters of all options in the chosen forms."""
    return {key: value for name, choices in forms.items() for key, value in choices[choice[name]].items()}
