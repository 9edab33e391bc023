"""Of twenty windows started at once on one folder exactly one lives, and the others can say who it is."""

import json
import os
import subprocess
import sys

import pytest

from core.db.lock import SERVE_LOCK_FILE, DeskLock, alone, holder_of
from core.runtime.errors import Refused, Unavailable
from tests.support.stores import START

pytestmark = pytest.mark.race

_PROGRAM = """
import json, sys
from pathlib import Path
from datetime import UTC, datetime
from core.db.lock import DeskLock
from core.runtime.errors import Refused
sys.stdout.write("ready\\n"); sys.stdout.flush()
sys.stdin.readline()
try:
    lock = DeskLock.take(Path(sys.argv[1]), name=sys.argv[2], desk="desk " + sys.argv[2],
                         since=datetime(2026, 6, 18, 9, 30, tzinfo=UTC))
except Refused as error:
    print(json.dumps({"won": False, "code": error.code, "facts": dict(error.facts)}))
else:
    print(json.dumps({"won": True, "name": sys.argv[2]}))
sys.stdout.flush()
sys.stdin.readline()
"""


def test_exactly_one_of_twenty_lives_and_is_named(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(tmp_path / ("link" if number % 2 else "data")), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(20)
    ]
    for run in runs:
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    said = [json.loads(run.stdout.readline()) for run in runs]
    winners = [one for one in said if one["won"]]
    assert len(winners) == 1
    losers = [one for one in said if not one["won"]]
    assert {one["code"] for one in losers} == {"desk.taken"}
    assert {one["facts"]["name"] for one in losers} == {winners[0]["name"]}
    assert {one["facts"]["desk"] for one in losers} == {f"desk {winners[0]['name']}"}
    winner = runs[int(winners[0]["name"])]
    assert {one["facts"]["pid"] for one in losers} == {winner.pid}
    winner.kill()
    winner.communicate()
    # Killed, not released: the next one gets in at once.
    with DeskLock.take(folder, name="next", desk="desk 1", since=START):
        assert holder_of(folder).name == "next"
    for run in runs:
        run.communicate("end\n") if run is not winner else None


def test_the_refusal_is_a_sentence_with_a_way_out(tmp_path):
    with DeskLock.take(tmp_path, name="小李", desk="2 号台", since=START) as lock:
        with pytest.raises(Refused) as caught:
            DeskLock.take(tmp_path, name="x", desk="y", since=START)
        assert f"小李 at desk 2 号台, since 2026-06-18T09:30:00+00:00 (process {os.getpid()})" in str(caught.value)
        assert "close it" in str(caught.value)
        lock.release()
        with DeskLock.take(tmp_path, name="x", desk="y", since=START):
            pass
    assert holder_of(tmp_path) is None


def test_a_folder_where_nothing_can_be_made_is_told(tmp_path):
    with pytest.raises(Unavailable) as caught:
        DeskLock.take(tmp_path / "none", name="x", desk="y", since=START)
    assert caught.value.code == "desk.no_lock"


def test_preparing_the_database_is_for_one_at_a_time(tmp_path):
    with alone(tmp_path):
        with pytest.raises(Unavailable) as caught, alone(tmp_path, patience_s=0.05):
            pass
        assert caught.value.code == "db.busy"
    with alone(tmp_path):
        pass


def test_one_always_on_node_works_with_a_folder_and_a_window_beside_it(tmp_path, capsys):
    from desktop.cli import main

    words = ["serve", "--data", str(tmp_path), "--key-file", str(tmp_path / "key"), "--seconds", "0", "--json"]
    with DeskLock.take(tmp_path, name="lin", desk="desk 1", since=START):
        assert main(words) == 0
    capsys.readouterr()
    with DeskLock.take(tmp_path, name="packdesk serve", desk="NAS", since=START, file_name=SERVE_LOCK_FILE):
        assert main(words) == 1
    assert json.loads(capsys.readouterr().out)["error"] == "desk.taken"
    assert main(words) == 0
