"""Which optional parts of a request a server takes, learned from what it refuses.

Servers that speak one protocol differ in their optional parameters: models that think refuse a temperature,
older servers know no JSON schema or the older name of the token bound. A 400 that names such a parameter is
answered by the same request in the next simpler form; what was learned holds for the life of the process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Form = Mapping[str, Any]
"""The parameters to send for one option; an empty form leaves the option out."""


class Dialect:
    """`options` maps an option to the words a refusal names it by and its forms, the preferred one first."""

    def __init__(self, options: Mapping[str, tuple[Sequence[str], int]]) -> None:
        self._words = {name: tuple(words) for name, (words, _forms) in options.items()}
        self._forms = {name: forms for name, (_words, forms) in options.items()}
        self._chosen = dict.fromkeys(options, 0)

    def choose(self, forms: Mapping[str, Sequence[Form]]) -> dict[str, Any]:
        """The parameters of all options in the forms that are known to be taken."""
        parameters: dict[str, Any] = {}
        for name, choices in forms.items():
            parameters.update(choices[self._chosen[name]])
        return parameters

    def learn(self, refusal: str) -> bool:
        """Takes the next simpler form of the option that a refusal names; False where there is none."""
        said = refusal.lower()
        for name, words in self._words.items():
            if self._chosen[name] + 1 < self._forms[name] and any(word in said for word in words):
                self._chosen[name] += 1
                return True
        return False
