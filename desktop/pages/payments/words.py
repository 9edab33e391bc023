"""How the payments page says what went wrong at a gateway."""

from typing import Final

from desktop.texts import Texts

#: kinds of faults that bear no code of ours, and what the clerk is told of them
_KINDS: Final = {
    "AuthExpired": "error.payment.access_refused",
    "Temporary": "error.payment.silent",
    "RateLimited": "error.payment.silent",
}


def fault_words(said: str, texts: Texts) -> str:
    """The sentence for a kept fault, `<code>: <english sentence>` or a code alone.

    What a gateway calls by a name of its own is shown as it came: the owner needs the very words to ask there.
    """
    code = said.partition(": ")[0]
    known = _KINDS.get(code) or f"payments.fault.{code.removeprefix('payment.')}"
    return texts.t(known) if texts.has(known) else said
