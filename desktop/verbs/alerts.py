"""`packdesk alerts`: what stands and who is on duty, or a test message through a channel, without a window."""

import argparse
from collections.abc import Sequence

from core.alerts.records import AlertRow
from core.app import Core, build
from core.db.keys import has_keys
from core.runtime.errors import NotFound, Refused, Unavailable
from core.runtime.remote_errors import ChannelError
from desktop.alert_words import catalogue_words
from desktop.composition import core_config
from desktop.options import Options, add_options, options_of
from desktop.verbs.answer import OK, guarded, tell

_MOST = 200


def run(argv: Sequence[str]) -> int:
    """List what stands, or send a test."""
    parser = argparse.ArgumentParser(prog="packdesk alerts", description="What is wrong, and who is told.")
    add_options(parser)
    parser.add_argument("act", nargs="?", choices=("list", "test"), default="list")
    parser.add_argument("channel", nargs="?", default="", metavar="CHANNEL", help="test: the channel's name")
    wish = parser.parse_args(argv)
    if bool(wish.channel) != (wish.act == "test"):
        parser.error("list | test CHANNEL")
    options = options_of(wish)

    def act() -> int:
        if options.database_url is None and not has_keys(options.data):
            # Opening would make an empty database.
            raise Refused("people.nothing_here", f"there is no data in {options.data}; name its folder with --data")
        core = build(core_config(options))
        try:
            if wish.act == "test":
                _test(core, options, wish.channel)
            else:
                _list(core, options)
        finally:
            core.stop()
        return OK

    return guarded(options, act)


def _test(core: Core, options: Options, name: str) -> None:
    channel = next((one for one in core.alert_settings.channels() if one.name == name), None)
    if channel is None:
        raise NotFound("alert.no_channel", f"there is no channel named {name}")
    try:
        core.alert_settings.test(channel.id)
    except ChannelError as error:
        raise Unavailable("alert.test_failed", f"the test did not get through: {error}", why=error.code) from None
    tell(options, {"tested": name}, f"a test got to {name}")


def _list(core: Core, options: Options) -> None:
    rows = core.alerts.page("standing", None, _MOST).rows
    chain = [[person.name for person in link] for link in core.alerts.on_duty()]
    say = catalogue_words()

    def words(row: AlertRow) -> str:
        said = say("en", f"alert.{row.rule}", row.facts)
        return f"{row.severity:<8} {row.state:<8} {said}"

    facts = [
        {
            "id": row.id,
            "rule": row.rule,
            "key": row.key,
            "severity": row.severity,
            "state": row.state,
            "raised_at": row.raised_at.isoformat(),
            "facts": dict(row.facts),
        }
        for row in rows
    ]
    duty = ", then ".join(" and ".join(name or "the owner" for name in link) for link in chain)
    lines = [*map(words, rows)] or ["nothing stands"]
    tell(options, {"alerts": facts, "on_duty": chain}, "\n".join([*lines, f"on duty: {duty}"]))
