"""The words of messages to people, in the language of messages: the same catalogue that the screens speak from."""

from collections.abc import Callable, Mapping

from desktop.texts import Texts


def catalogue_words() -> Callable[[str, str, Mapping[str, object]], str]:
    """Finds words by language and code; a catalogue is read when it is first needed."""
    known: dict[str, Texts] = {}

    def say(language: str, code: str, facts: Mapping[str, object]) -> str:
        if language not in known:
            known[language] = Texts(language)
        return known[language].t(code, **facts)

    return say
