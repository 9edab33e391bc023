"""Stand-ins for CUPS' programs on the path: they keep a queue in a folder and speak as CUPS 2.4 does in C."""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

_HEAD = "#!{python}\nimport json, os, sys, time\nhome = {home!r}\nstate = json.load(open(home + '/state.json'))\n"
_LP = """
import pathlib
assert os.environ["LC_ALL"] == "C", "the answer would be in the desk's language"
words = sys.argv[1:]
queue, title = words[words.index("-d") + 1], words[words.index("-t") + 1]
assert words[words.index("-o") + 1] == "raw"
data = sys.stdin.buffer.read()
if state["lp_hangs"]:
    time.sleep(60)
if state["lp_breaks"]:
    sys.exit("lp: Error - unable to queue from stdin - Connection reset by peer.")
if not state["runs"] or queue not in state["queues"]:
    sys.exit("lp: Error - The printer or class does not exist.")
if state["rejects"]:
    sys.exit('lp: Destination "%s" is not accepting jobs.' % queue)
pathlib.Path(home, "job").write_bytes(data)
pathlib.Path(home, "title").write_text(title)
pathlib.Path(home, "looks").write_text("0")
print("request id is %s-7 (0 file(s))" % queue)
"""
_LPSTAT = """
words = sys.argv[1:]
if not state["runs"]:
    sys.exit("lpstat: Bad file descriptor")
if "-e" in words:
    print("\\n".join(state["queues"]))
    sys.exit(0)
if "-v" in words:
    for queue, device in state["queues"].items():
        print("device for %s: %s" % (queue, device))
    sys.exit(0)
queue = words[-1]
if queue not in state["queues"]:
    sys.exit('lpstat: Invalid destination name in list "%s".' % queue)
if "-p" in words:
    stopped, rejects = state["stopped"], state["rejects"]
    how = "disabled since Tue Nov 24 22:36:30 2026 -\\n\\treason unknown"
    print("printer %s %s" % (queue, how if stopped else "is idle.  enabled since Tue Nov 24 22:36:28 2026"))
    print("%s %saccepting requests since Tue Nov 24 22:36:28 2026" % (queue, "not " if rejects else ""))
    sys.exit(0)
looks = int(open(home + "/looks").read())
open(home + "/looks", "w").write(str(looks + 1))
is_done = looks >= state["looks_until_done"]
if state["forgets"] and is_done:
    sys.exit("lpstat: Bad file descriptor")
if not is_done:
    print("%s-70                    desk              1024   Tue Nov 24 22:36:28 2026" % queue)
    print("%s-7                     desk              5120   Tue Nov 24 22:36:29 2026" % queue)
"""
_CANCEL = """
open(home + "/cancelled", "a").write(sys.argv[1] + "\\n")
"""


class CupsPrograms:
    """`lp`, `lpstat` and `cancel` in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "bin"
        self.programs.mkdir()
        self._state: dict[str, Any] = {
            "runs": True, "queues": {"label": "usb://Gprinter/GP-1324D"}, "stopped": False, "rejects": False,
            "lp_hangs": False, "lp_breaks": False, "forgets": False, "looks_until_done": 2,
        }  # fmt: skip
        self.set()
        head = _HEAD.format(python=sys.executable, home=str(folder))
        for name, body in (("lp", _LP), ("lpstat", _LPSTAT), ("cancel", _CANCEL)):
            path = self.programs / name
            path.write_text(head + body)
            path.chmod(path.stat().st_mode | stat.S_IXUSR)

    @property
    def path(self) -> str:
        """What PATH has to be."""
        return f"{self.programs}{os.pathsep}{os.environ['PATH']}"

    @property
    def job(self) -> bytes | None:
        """The bytes of the job that was taken."""
        path = self.folder / "job"
        return path.read_bytes() if path.exists() else None

    @property
    def cancelled(self) -> str:
        """The jobs that were cancelled."""
        path = self.folder / "cancelled"
        return path.read_text() if path.exists() else ""

    def set(self, **changes: object) -> None:
        """Change how the queue behaves."""
        self._state.update(changes)
        (self.folder / "state.json").write_text(json.dumps(self._state))
