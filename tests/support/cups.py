"""A CUPS server of the test's own, where the machine has the program: its own folders, its own socket."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILES = """ServerRoot {home}/root
RequestRoot {home}/spool
StateDir {home}/state
CacheDir {home}/cache
TempDir {home}/tmp
AccessLog {home}/log/access
ErrorLog {home}/log/error
PageLog {home}/log/page
SystemGroup root
Sandboxing relaxed
"""
_SERVER = """LogLevel debug
Listen {socket}
Browsing No
WebInterface No
DefaultAuthType None
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  JobPrivateAccess all
  JobPrivateValues none
  SubscriptionPrivateAccess all
  SubscriptionPrivateValues none
  <Limit All>
    Order deny,allow
    Allow all
  </Limit>
</Policy>
"""
_PROGRAM = shutil.which("cupsd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def may_run_cups() -> bool:
    """Whether a server can be started here: it needs the program, and root to change users for its backends."""
    return _PROGRAM is not None and hasattr(os, "geteuid") and os.geteuid() == 0


@contextmanager
def cups_server(home: Path) -> Iterator[str]:
    """A running server; gives the value of CUPS_SERVER. `home` must be short: it holds a socket."""
    assert _PROGRAM is not None
    home.chmod(0o755)
    for name in ("root", "spool", "state", "cache", "tmp", "log"):
        (home / name).mkdir()
    socket = str(home / "s")
    (home / "files.conf").write_text(_FILES.format(home=home))
    (home / "cupsd.conf").write_text(_SERVER.format(socket=socket))
    server = subprocess.Popen(
        [_PROGRAM, "-f", "-c", str(home / "cupsd.conf"), "-s", str(home / "files.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ends_at = time.monotonic() + 20
        while not Path(socket).exists():
            assert server.poll() is None, "the CUPS server ended"
            assert time.monotonic() < ends_at, "the CUPS server did not start"
            time.sleep(0.02)
        yield socket
    finally:
        server.terminate()
        server.wait(20)
