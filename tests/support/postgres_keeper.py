"""Keep one private PostgreSQL server alive as long as whoever started this program; standard library only.

Started as `python postgres_keeper.py BIN FOLDER UID GID [NAME=VALUE ...]`, with a pipe from the starter as
its standard input. It makes a cluster in FOLDER, starts the server on a socket there (no TCP), and prints
`ready`. When the pipe ends (the starter closed it, died, or was killed), it stops the server that it started,
by its id, and removes FOLDER. Its own session keeps Ctrl-C and a kill of the starter's group away from it.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0


def main(arguments: list[str]) -> int:
    """Run one server until standard input ends; returns the exit code."""
    programs, folder, uid, gid, *settings = arguments
    keeper = Keeper(Path(programs), Path(folder), int(uid), int(gid))
    try:
        keeper.start(settings)
        print("ready", flush=True)
        sys.stdin.buffer.read()
    except KeeperFailed as failure:
        print(f"failed: {failure}", flush=True)
        return 1
    finally:
        keeper.stop()
    return 0


class KeeperFailed(Exception):
    """The server could not be made to run; the text says which step and what it printed."""


class Keeper:
    """One cluster folder and the server in it."""

    def __init__(self, programs: Path, folder: Path, uid: int, gid: int) -> None:
        self._programs = programs
        self._folder = folder
        # PostgreSQL refuses to run as root; anyone else can only be himself.
        self._user = {"user": uid, "group": gid, "extra_groups": [gid]} if os.geteuid() == 0 else {}
        self._uid, self._gid = uid, gid
        self._server: subprocess.Popen[bytes] | None = None

    def start(self, settings: list[str]) -> None:
        """Make the cluster and start the server; returns when it takes connections."""
        if self._user:
            os.chown(self._folder, self._uid, self._gid)
        data = self._folder / "data"
        self._initdb(data)
        options = [f"unix_socket_directories={self._folder}", "listen_addresses=", *settings]
        command = [str(self._programs / "postgres"), "-D", str(data)]
        for option in options:
            command += ["-c", option]
        with (self._folder / "server.log").open("wb") as log:
            self._server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env=_plain_environment(),
                start_new_session=True,
                **self._user,  # type: ignore[call-overload]  # one dict for three optional arguments
            )
        self._await_ready(data)

    def _initdb(self, data: Path) -> None:
        # pg_trgm takes Chinese characters for letters only under a UTF-8 character type.
        command = [
            str(self._programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "packdesk",
            "--auth=trust",
            "--no-sync",
        ]
        command += ["--encoding=UTF8", "--locale=C.UTF-8"]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self._folder,
            env=_plain_environment(),
            encoding="utf-8",
            errors="replace",
            check=False,
            **self._user,  # type: ignore[call-overload]  # one dict for three optional arguments
        )
        if done.returncode:
            raise KeeperFailed(f"initdb: {done.stdout.strip()}")

    def _await_ready(self, data: Path) -> None:
        """Wait until the server writes `ready` into its pid file, as it does once it takes connections."""
        server = self._server
        if server is None:
            raise KeeperFailed("the server was never started")
        for _ in range(int(START_TIMEOUT_S / 0.02)):
            try:
                server.wait(0.02)
            except subprocess.TimeoutExpired:
                if _says_ready(data / "postmaster.pid"):
                    return
            else:
                break
        log = (self._folder / "server.log").read_text(encoding="utf-8", errors="replace")
        raise KeeperFailed(f"postgres: {log.strip()}")

    def stop(self) -> None:
        """Stop the server that this object started, without a last checkpoint, and remove the folder."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGQUIT)
            try:
                self._server.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def _says_ready(pid_file: Path) -> bool:
    try:
        return b"ready" in pid_file.read_bytes().splitlines()[-1]
    except (OSError, IndexError):
        return False


def _plain_environment() -> dict[str, str]:
    """Return the environment without the client's settings, which would name another server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
