"""How verbs answer: one JSON object or plain lines, and exit codes that mean the same everywhere."""

import json
import sys
from collections.abc import Callable, Mapping

from core.runtime.errors import DomainError, Unavailable
from desktop.options import Options

OK = 0
#: the answer is no: a check failed, the rules refuse
REFUSED = 1
#: wrong words on the command line
USAGE = 2
#: something outside is missing or does not answer
UNAVAILABLE = 3


def tell(options: Options, facts: Mapping[str, object], sentence: str) -> None:
    """Answer a person with a sentence, a program with one JSON object."""
    text = json.dumps(facts, ensure_ascii=False, default=str) if options.is_json else sentence
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def warn(sentence: str) -> None:
    """Say something beside the answer."""
    sys.stderr.write(sentence + "\n")


def guarded(options: Options, act: Callable[[], int]) -> int:
    """Run a verb; an expected error becomes its sentence and an exit code."""
    try:
        return act()
    except DomainError as error:
        if options.is_json:
            sys.stdout.write(json.dumps({"error": error.code, "sentence": str(error)}, ensure_ascii=False) + "\n")
        else:
            warn(f"packdesk: {error}")
        return UNAVAILABLE if isinstance(error, Unavailable) else REFUSED
