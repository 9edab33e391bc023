"""The command line: no verb opens the window, every other verb runs without widgets."""

import io
import logging
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module

#: verb -> (module, function); imported only when asked for, so that each verb loads what it needs and no more
_VERBS = {
    "serve": ("desktop.verbs.serve", "run", "work in the background, without a window"),
    "demo": ("desktop.verbs.demo", "run", "the whole job against the practice shop"),
    "drill": ("desktop.verbs.drill", "run", "play a sale that never was, and count what was oversold"),
    "doctor": ("desktop.verbs.doctor", "run", "what is wrong on this machine, and how to mend it"),
    "backup": ("desktop.verbs.backup", "run_backup", "a verified copy of the data"),
    "restore": ("desktop.verbs.backup", "run_restore", "bring a backup back"),
    "move": ("desktop.verbs.move", "run", "the records of this desk to a server for several"),
    "join": ("desktop.verbs.move", "run_join", "let this desk or node work with the records of others"),
    "import": ("desktop.verbs.files", "run_import", "orders, goods, counts or customers out of a file"),
    "export": ("desktop.verbs.files", "run_export", "orders, stock or shipped parcels into a file"),
    "people": ("desktop.verbs.people", "run", "who may sign in: list, add, role, pin, off"),
    "alerts": ("desktop.verbs.alerts", "run", "what is wrong and who is told; a test through a channel"),
    "label": ("desktop.verbs.label", "run", "one label from its content to printer bytes"),
}
USAGE = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; gives its exit code (0 all well, 1 refused, 2 wrong words, 3 something is missing)."""
    started = (time.perf_counter(), time.process_time())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A console that cannot show a sign shows another one instead of ending the program.
            stream.reconfigure(errors="replace")
    words = list(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if words and words[0] in {"-h", "--help", "help"}:
        sys.stdout.write(_help())
        return 0
    if words and not words[0].startswith("-"):
        if words[0] not in _VERBS:
            sys.stderr.write(f"packdesk: there is no verb {words[0]!r}\n\n{_help()}")
            return USAGE
        module, name, _ = _VERBS[words[0]]
        return _run(module, name, words[1:])
    return _run("desktop.window_verb", "run", words, started=started)


def _run(module: str, name: str, words: Sequence[str], **more: object) -> int:
    verb: Callable[..., int] = getattr(import_module(module), name)
    try:
        return verb(words, **more)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else USAGE


def _help() -> str:
    lines = [
        "packdesk [options]            open the window (packdesk --data DIR, --key-file FILE, --language zh_CN|en)"
    ]
    lines += [f"packdesk {verb:<10} {text}" for verb, (_, _, text) in _VERBS.items()]
    return "\n".join(lines) + "\npackdesk VERB --help tells the rest.\n"
