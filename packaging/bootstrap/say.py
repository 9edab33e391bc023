"""What the set-up says, in both languages, on stderr: stdout belongs to the program (`--json`)."""

import sys


class SetupFailed(Exception):
    """The set-up cannot go on; both sentences say why and what to do."""

    def __init__(self, chinese: str, english: str, exit_code: int = 3) -> None:
        super().__init__(english)
        self.chinese = chinese
        self.english = english
        self.exit_code = exit_code


def tell(chinese: str, english: str) -> None:
    """Print one sentence in both languages."""
    print(f"[packdesk] {chinese}\n[packdesk] {english}", file=sys.stderr, flush=True)


def show_progress(text: str) -> None:
    """Overwrite the terminal's line with `text`; an empty text clears it. Files and pipes get nothing."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text[:76]}", end="", file=sys.stderr, flush=True)
