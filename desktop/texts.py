"""All words of the windows, by stable codes, in the language the clerk chose."""

import json
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from resources.interface import translation_file

LANGUAGES: Final = ("zh_CN", "en")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A code and its facts: what is to be said, before any language is chosen.

    A fact may be a phrase itself (a reason's word in a sentence). `otherwise` is shown where the catalogue does not
    know the code: words of the outside world, such as a printer's own message.
    """

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    otherwise: str = ""


class _Facts(dict[str, object]):
    """Facts of a phrase: what is missing is shown as a dash, because a clerk's sentence must never fail."""

    def __missing__(self, key: str) -> str:
        return "—"


class Texts:
    """The catalogue of one language, exchangeable while the program runs."""

    def __init__(self, language: str = "zh_CN") -> None:
        self._listeners: list[Callable[[], None]] = []
        self.language = language
        self._catalogue = load_catalogue(language)
        self._formatter = string.Formatter()

    def use(self, language: str) -> None:
        """Speak `language` from now on, and tell those who listen.

        Raises:
            ValueError: there is no such catalogue.
        """
        if language not in LANGUAGES:
            raise ValueError(f"no catalogue for {language!r}")
        if language == self.language:
            return
        self.language = language
        self._catalogue = load_catalogue(language)
        for listener in list(self._listeners):
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each change of language."""
        self._listeners.append(listener)

    def has(self, code: str) -> bool:
        """Whether the catalogue knows the code."""
        return code in self._catalogue

    def t(self, code: str, /, **facts: object) -> str:
        """The sentence of `code` with its facts filled in; an unknown code is shown as itself."""
        return self.say(Phrase(code, facts))

    def say(self, phrase: Phrase) -> str:
        """The sentence of a phrase. Facts are inserted as they are: they are foreign text, shown as plain text."""
        template = self._catalogue.get(phrase.code)
        if template is None:
            return phrase.otherwise or phrase.code
        if "{" not in template:
            return template
        facts = {name: self.say(fact) if isinstance(fact, Phrase) else fact for name, fact in phrase.facts.items()}
        return self._formatter.vformat(template, (), _Facts(facts))

    def template(self, code: str) -> str:
        """The template of a code with its placeholders as they stand: for words that people may change."""
        return self._catalogue.get(code, code)

    def say_if_known(self, phrase: Phrase) -> str:
        """The sentence, or nothing where the catalogue has no such code or a fact of it is missing or empty."""
        template = self._catalogue.get(phrase.code)
        if template is None or any(phrase.facts.get(name) in (None, "") for name in placeholders(template)):
            return ""
        return self.say(phrase)

    def word(self, family: str, value: str) -> str:
        """The word for one value of a family (`state.print`, `queued`); an unknown value is shown as itself."""
        return self._catalogue.get(f"{family}.{value}", value)


def load_catalogue(language: str) -> Mapping[str, str]:
    """The flat catalogue code -> template of one language."""
    entries = json.loads(translation_file(language).read_text(encoding="utf-8"))
    return {str(code): str(template) for code, template in entries.items()}


def placeholders(template: str) -> frozenset[str]:
    """Names of the facts a template wants."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name)
