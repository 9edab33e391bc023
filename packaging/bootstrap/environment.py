"""The `.venv` of the checkout: made once, filled from the hash-locked files, recognised by a stamp.

The stamp is a digest of the lock files and the Python that made the environment. It is taken away before
anything is changed and written when everything is in place, so an interrupted installation is seen by the
next start, which builds afresh: pip takes a half-unpacked package for an installed one. A file lock keeps two
starts apart.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bootstrap.say import SetupFailed, show_progress, tell

STAMP = "packdesk-setup.json"
#: pip settings of the surrounding shell that would put the packages elsewhere or change what is asked for
_UNWANTED_PIP_SETTINGS = frozenset(
    {"USER", "TARGET", "PREFIX", "ROOT", "CONSTRAINT", "REQUIREMENT", "EDITABLE", "NO_DEPS"}
)


class Environment:
    """The virtual environment of one checkout."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / ".venv"
        self._stamp = self._folder / STAMP
        windows = os.name == "nt"
        self.python = self._folder / ("Scripts/python.exe" if windows else "bin/python")
        self.log = root / ".run" / "setup.log"

    def is_ready(self, *, dev: bool) -> bool:
        """Say whether everything, with `dev` the developers' tools too, is installed as the lock says now."""
        stamp = self._read_stamp()
        if stamp.get("wanted") == self._digest(dev=True):
            return self.python.exists()
        return not dev and stamp.get("wanted") == self._digest(dev=False) and self.python.exists()

    def prepare(self, *, dev: bool, index: str | None) -> None:
        """Make the environment what the lock files say; returns at once when it is.

        Args:
            dev: install the tools for tests and checks too.
            index: address of a package mirror for this installation; it is not stored.

        Raises:
            SetupFailed: with the path of the log.
        """
        if self.is_ready(dev=dev):
            return
        self.log.parent.mkdir(exist_ok=True)
        with exclusive(self.log.parent / "setup.lock") as descriptor:
            if not self.is_ready(dev=dev):
                self._build(Steps(self.log, descriptor), dev=dev, index=index)

    def _build(self, steps: "Steps", *, dev: bool, index: str | None) -> None:
        self.log.write_text("", encoding="utf-8")
        before = self._read_stamp()
        if not self._stamp.exists() and self._folder.exists() and any(self._folder.iterdir()):
            raise SetupFailed(
                f"{self._folder} 不是 ./run 建立的：请先移走或删除它。",
                f"{self._folder} was not made by ./run: move it away or delete it first.",
            )
        is_first = not before.get("wanted") or before.get("python") != _python_identity() or not self.python.exists()
        if is_first:
            tell(
                "正在准备运行环境（下载约 200 MB，需要几分钟，只此一次）……",
                f"Setting up .venv from {self._lock(dev).name}: about 200 MB to download, once.",
            )
        else:
            tell("正在更新运行环境……", f"Bringing .venv up to date with {self._lock(dev).name}.")
        if is_first:
            self._discard()
            self._folder.mkdir(exist_ok=True)
            self._write_stamp(None)
            steps.do([_base_python(), "-m", "venv", str(self._folder)], "venv")
        self._write_stamp(None)
        mirror = ["--index-url", index] if index else []
        pip = [str(self.python), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
        steps.do(
            [*pip, "--require-hashes", "--no-warn-script-location", *mirror, "-r", str(self._lock(dev))],
            "pip",
        )
        self._make_importable()
        self._write_stamp(self._digest(dev=dev))

    def _discard(self) -> None:
        """Take the old environment away in one step, so that no half of it without a stamp can be left."""
        discarded = self.log.parent / "discarded-venv"
        shutil.rmtree(discarded, ignore_errors=True)
        if self._folder.exists():
            try:
                self._folder.rename(discarded)
            except OSError as error:
                raise SetupFailed(
                    f"无法替换 {self._folder}（{error}）：请先退出正在运行的打包台。",
                    f"{self._folder} cannot be replaced ({error}): close Packdesk first.",
                ) from error
        shutil.rmtree(discarded, ignore_errors=True)

    def _make_importable(self) -> None:
        """Put the checkout on the path of the environment, so that the current folder need not be it."""
        ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
        found = subprocess.run([str(self.python), "-I", "-c", ask], check=True, capture_output=True, encoding="utf-8")
        Path(found.stdout.strip(), "packdesk-checkout.pth").write_text(f"{self._root}\n", encoding="utf-8")

    def _lock(self, dev: bool) -> Path:
        return self._root / ("requirements-dev.lock" if dev else "requirements.lock")

    def _digest(self, *, dev: bool) -> str:
        digest = hashlib.sha256(f"{_python_identity()}|{self._root}|{dev}".encode())
        digest.update(self._lock(dev).read_bytes())
        return digest.hexdigest()

    def _read_stamp(self) -> dict[str, str]:
        try:
            stamp = json.loads(self._stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def _write_stamp(self, wanted: str | None) -> None:
        text = json.dumps({"python": _python_identity(), "wanted": wanted})
        draft = self._stamp.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._stamp)


class Steps:
    """The commands of one set-up, which hold its lock too."""

    def __init__(self, log: Path, lock: int) -> None:
        self._log = log
        self._lock = lock

    def do(self, command: Sequence[str], step: str) -> None:
        """Run `command` with its output in the log and its steps on the terminal."""
        with self._log.open("a", encoding="utf-8", errors="replace") as log:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                env=clean_pip_settings(os.environ),
                # With us killed, the step goes on; it keeps the lock, so that nobody builds under its hands.
                pass_fds=() if os.name == "nt" else (self._lock,),
            )
            reason = ""
            for line in process.stdout or ():
                log.write(line)
                if line.startswith("Collecting ") or "Installing collected" in line:
                    show_progress(line.strip())
                elif line.startswith(("ERROR", "Error")):
                    reason = reason or line.strip()
            code = process.wait()
        show_progress("")
        if code:
            raise SetupFailed(
                f"安装没有完成（{step}，代码 {code}）：{reason or '见日志'}。"
                f"日志 {self._log}；网络慢可用 RUN_INDEX=镜像地址 再试。",
                f"Set-up stopped ({step}, code {code}): {reason or 'see the log'}. Log: {self._log}. "
                "Behind a slow network try RUN_INDEX=address-of-a-mirror.",
                exit_code=4,
            )


def clean_pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` without the pip settings that would install elsewhere or something else.

    Index, certificate and proxy settings stay: hashes make it harmless where a file comes from.
    """
    return {
        name: value
        for name, value in environ.items()
        if not (name.startswith("PIP_") and name[4:] in _UNWANTED_PIP_SETTINGS)
    }


def has_venv_parts() -> bool:
    """Say whether this Python can make a virtual environment: Debian keeps that in a package of its own."""
    return importlib.util.find_spec("venv") is not None and importlib.util.find_spec("ensurepip") is not None


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[int]:
    """Hold a lock file that only one process of the machine can hold; a second one waits and says so.

    Yields the descriptor of the file: a child that inherits it holds the lock until it ends.
    """
    with path.open("a+b") as file:
        _lock_file(file.fileno())
        yield file.fileno()  # closing the file, or the end of the process, gives it back


def _lock_file(descriptor: int) -> None:
    waiting = ("另一个 ./run 正在安装，请稍候……", "Another ./run is setting up; waiting for it.")
    if sys.platform == "win32":
        import msvcrt

        told = False
        while True:
            try:
                # LK_LOCK itself tries for ten seconds
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError:
                if not told:
                    tell(*waiting)
                told = True
            else:
                return
    else:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(*waiting)
            fcntl.flock(descriptor, fcntl.LOCK_EX)


def _python_identity() -> str:
    return f"{sys.version}|{sys.base_prefix}"


def _base_python() -> str:
    """Return the Python outside any virtual environment: the one in `.venv` cannot rebuild its own house."""
    return getattr(sys, "_base_executable", None) or sys.executable
