"""How verbs answer: one JSON object or plain lines, and exit codes that mean the same everywhere."""

import argparse
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
        _refuse(options, error.code, str(error))
        return UNAVAILABLE if isinstance(error, Unavailable) else REFUSED
    except OSError as error:
        # A folder that is not there, not ours or full: said by name, for a trace helps nobody here.
        _refuse(options, "file.unusable", f"{error.filename or 'a file'} cannot be used: {error.strerror or error}")
        return UNAVAILABLE


def _refuse(options: Options, code: str, sentence: str) -> None:
    if options.is_json:
        sys.stdout.write(json.dumps({"error": code, "sentence": sentence}, ensure_ascii=False) + "\n")
    else:
        warn(f"packdesk: {sentence}")


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """Reads an option that is a number within bounds, both included."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and lowest <= int(text) <= highest):
            raise argparse.ArgumentTypeError(f"{text!r} is not a number between {lowest} and {highest}")
        return int(text)

    return read
