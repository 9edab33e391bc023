"""Where a machine keeps its secret: the system keyring, or a file for machines without one."""

import base64
import os
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.db.files import sync_folder, write_durably
from core.db.keys import KeySource
from core.runtime.errors import DomainError, Refused, Unavailable

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "packdesk"
#: a locked keyring asks its owner for a password, and some never come back
_DEADLINE_S = 30.0
#: said wherever a key file is used
FILE_WARNING = "Whoever can read {path} can read the data. Keep it off backups and away from other users."


class KeyringSource:
    """The system keyring: Windows Credential Locker, Secret Service, KWallet, macOS Keychain.

    Never call it on the thread of the window: a locked keyring blocks until somebody answers its own dialog. Backends
    that keep secrets in clear text are refused by name.
    """

    name = "keyring"

    def __init__(self, backend: "KeyringBackend | None" = None, deadline_s: float = _DEADLINE_S) -> None:
        self._given = backend
        self._deadline_s = deadline_s

    def load(self, account: str) -> bytes | None:
        """The stored secret.

        Raises:
            Unavailable: `key.no_keyring`, `key.keyring_slow`, `key.keyring_failed`.
        """
        text = self._ask(lambda backend: backend.get_password(SERVICE, account))
        return None if text is None else _decoded(text)

    def save(self, account: str, secret: bytes) -> None:
        """Store the secret."""
        text = base64.b64encode(secret).decode()
        self._ask(lambda backend: backend.set_password(SERVICE, account, text))

    def describe(self) -> str:
        """The name of the keyring that would be used, for `doctor`."""
        backend = self._ask(lambda backend: backend)
        return f"{type(backend).__module__}.{type(backend).__qualname__}"

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        answer: list[Any] = []
        failure: list[BaseException] = []

        def run() -> None:
            try:
                answer.append(question(safe_backend(self._given)))
            except BaseException as error:  # noqa: BLE001 - raised again on the asking thread
                failure.append(error)

        worker = threading.Thread(target=run, name="keyring", daemon=True)
        worker.start()
        worker.join(self._deadline_s)
        if failure:
            if isinstance(failure[0], Unavailable):
                raise failure[0]
            raise Unavailable(
                "key.keyring_failed", f"the system keyring failed: {type(failure[0]).__name__}"
            ) from failure[0]
        if not answer:
            raise Unavailable(
                "key.keyring_slow",
                f"the system keyring did not answer within {self._deadline_s:g} s; unlock it and try again",
            )
        return answer[0]


def safe_backend(given: "KeyringBackend | None" = None) -> "KeyringBackend":
    """The keyring to use: the configured one, or the best of a chain, that really protects a secret.

    Raises:
        Unavailable: `key.no_keyring`.
    """
    if given is None:
        import keyring

        given = keyring.get_keyring()
    candidates: list[KeyringBackend] = list(getattr(given, "backends", ())) or [given]
    refused = []
    for backend in candidates:
        if _is_safe(backend):
            return backend
        refused.append(type(backend).__qualname__)
    raise Unavailable(
        "key.no_keyring",
        "this machine has no system keyring that protects a secret; use --key-file FILE, or install one "
        "(gnome-keyring, KWallet)",
        refused=refused,
    )


def _is_safe(backend: object) -> bool:
    kind = type(backend)
    where = f"{kind.__module__}.{kind.__qualname__}".lower()
    is_elsewhere = where.startswith(("keyrings.alt", "keyring.backends.null", "keyring.backends.fail"))
    return not is_elsewhere and "plaintext" not in where


class FileSource:
    """A key file, for machines without a keyring. Whoever reads it reads the data; `warning` says so."""

    name = "file"

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def warning(self) -> str:
        """The plain sentence to show wherever the file is used."""
        return FILE_WARNING.format(path=self.path)

    def load(self, account: str) -> bytes | None:
        """The secret, None when there is no file or none for this key.

        Raises:
            Refused: `key.file_open`, others may read the file; `key.file_damaged`.
            Unavailable: `key.file_unreadable`.
        """
        try:
            with self.path.open("rb") as file:
                if sys.platform != "win32" and os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                    raise Refused(
                        "key.file_open",
                        f"others may read {self.path}; allow only its owner: chmod 600 {self.path}",
                        path=str(self.path),
                    )
                lines = file.read(65536).decode("ascii", "replace").splitlines()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(
                "key.file_unreadable", f"{self.path} cannot be read: {error.strerror}", path=str(self.path)
            ) from error
        for line in lines:
            owner, _, text = line.partition(" ")
            if owner == account:
                return _decoded(text)
        return None

    def save(self, account: str, secret: bytes) -> None:
        """Add the secret; the file is made with mode 0600.

        Raises:
            Refused: as `load`.
            Unavailable: `key.file_unreadable`, it cannot be written.
        """
        try:
            known = self.load(account)
        except Refused as error:
            if error.code != "key.secret_damaged":
                raise
            self._drop(account)
            known = None
        if known == secret:
            return
        if known is not None:
            raise Refused("key.file_damaged", f"{self.path} holds another secret for this key")
        line = f"{account} {base64.b64encode(secret).decode()}\n".encode()
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, line)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            sync_folder(self.path.absolute().parent)
        except OSError as error:
            raise Unavailable(
                "key.file_unreadable", f"{self.path} cannot be written: {error.strerror}", path=str(self.path)
            ) from error

    def _drop(self, account: str) -> None:
        """Leave out what is damaged; all else in the file stays."""
        lines = self.path.read_text("ascii", "replace").splitlines(keepends=True)
        write_durably(self.path, "".join(one for one in lines if one.partition(" ")[0] != account).encode())


class AskedOnce:
    """A source whose answer, or silence, is remembered: a locked keyring asks its owner, and once is enough."""

    def __init__(self, source: KeySource) -> None:
        self._source = source
        self.name = source.name
        self._answers: dict[str, bytes | DomainError | None] = {}

    def load(self, account: str) -> bytes | None:
        """As the source answered the first time.

        Raises:
            DomainError: what the source raised the first time.
        """
        if account not in self._answers:
            try:
                self._answers[account] = self._source.load(account)
            except DomainError as error:
                self._answers[account] = error
        answer = self._answers[account]
        if isinstance(answer, DomainError):
            raise answer
        return answer

    def save(self, account: str, secret: bytes) -> None:
        """Store the secret; the source is asked again what it keeps."""
        self._source.save(account, secret)
        self._answers.pop(account, None)


def key_source(key_file: Path | None) -> KeySource:
    """Where the machine keeps its secret: in `key_file`, without one in the system keyring."""
    return FileSource(key_file) if key_file is not None else KeyringSource()


def _decoded(text: str) -> bytes:
    try:
        secret = base64.b64decode(text, validate=True)
    except ValueError:
        secret = b""
    if len(secret) != 32:
        raise Refused("key.secret_damaged", "what this machine stored to open the data is damaged")
    return secret
