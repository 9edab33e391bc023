"""Folders where a live database gets damaged: network drives and folders that a program copies to a cloud."""

import ntpath
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from core.runtime.errors import Refused

#: locks and shared memory of SQLite do not work across these (sqlite.org/useovernet.html)
_REMOTE_TYPES = {
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs",
    "nfs4", "ocfs2", "prl_fs", "smb3", "smbfs", "vboxsf", "vmhgfs",
}  # fmt: skip
#: FUSE file systems that have a network or a cloud behind them
_REMOTE_FUSE = {
    "cifs", "davfs2", "dropbox", "gcsfuse", "glusterfs", "google-drive-ocamlfuse", "gvfsd-fuse", "mergerfs-nfs",
    "onedriver", "rclone", "s3fs", "smbnetfs", "sshfs", "vmhgfs-fuse",
}  # fmt: skip
#: beginning of a folder's name (lower case) -> the program that copies what is inside
_SYNC_FOLDERS = {
    "onedrive": "OneDrive",
    "dropbox": "Dropbox",
    "nutstore": "坚果云 Nutstore",
    "坚果云": "坚果云 Nutstore",
    "我的坚果云": "坚果云 Nutstore",
    "baidusyncdisk": "百度同步盘",
    "baidunetdiskworkspace": "百度同步盘",
    "百度同步盘": "百度同步盘",
    "百度网盘同步空间": "百度同步盘",
    "iclouddrive": "iCloud",
    "icloud drive": "iCloud",
    "com~apple~clouddocs": "iCloud",
    "mobile documents": "iCloud",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "wpsdrive": "WPS 云盘",
    "wps云盘": "WPS 云盘",
    "微云同步助手": "腾讯微云",
}
_ONEDRIVE_VARIABLES = ("OneDrive", "OneDriveConsumer", "OneDriveCommercial")
_DRIVE_REMOTE = 4

_WAY_OUT = "choose a folder on this computer's own disk; for several desks use --database with a PostgreSQL address"


def refuse_unsafe_folder(folder: Path, environment: Mapping[str, str] | None = None) -> None:
    """Raise when a live database in `folder` would be damaged sooner or later.

    The path is judged as given and with its links followed; the folder need not exist yet.

    Raises:
        Refused: `db.network_folder` or `db.synced_folder`, with `folder` and `what` (drive type or program).
    """
    known = os.environ if environment is None else environment
    for path in dict.fromkeys((str(folder.absolute()), str(folder.resolve()))):
        program = synced_by(path, known)
        if program is not None:
            raise Refused(
                "db.synced_folder",
                f"{path} is copied by {program} while Packdesk writes to it, which damages the data; {_WAY_OUT}",
                folder=path,
                what=program,
            )
        kind = windows_remote(path, _windows_drive_type) if sys.platform == "win32" else remote_type(path, _mounts())
        if kind is not None:
            raise Refused(
                "db.network_folder",
                f"{path} is on a network drive ({kind}), where a database gets damaged; {_WAY_OUT}",
                folder=path,
                what=kind,
            )


def synced_by(path: str, environment: Mapping[str, str]) -> str | None:
    """The program that copies this path to a cloud, by the names of its folders; None when none is known."""
    lowered = path.replace("\\", "/").casefold()
    for variable in _ONEDRIVE_VARIABLES:
        root = environment.get(variable, "").replace("\\", "/").rstrip("/").casefold()
        if root and f"{lowered}/".startswith(f"{root}/"):
            return "OneDrive"
    for name in lowered.split("/"):
        for beginning, program in _SYNC_FOLDERS.items():
            # "OneDrive - Firma", "Dropbox (Personal)", but not "onedriver-src"
            if name == beginning or name.startswith((f"{beginning} -", f"{beginning} (", f"{beginning}(")):
                return program
    return None


def remote_type(path: str, mounts: str) -> str | None:
    """The file system type under `path` when it is a remote one; `mounts` is the text of /proc/mounts."""
    best, found = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = _unescaped(fields[1])
        is_above = path == point or path.startswith(point.rstrip("/") + "/")
        # The later of two mounts on one point hides the earlier.
        if is_above and len(point) >= len(best):
            best, found = point, fields[2]
    if found in _REMOTE_TYPES:
        return found
    family, _, kind = found.partition(".")
    return found if family == "fuse" and kind in _REMOTE_FUSE else None


def windows_remote(path: str, drive_type: Callable[[str], int]) -> str | None:
    """`UNC` or `mapped drive` when a Windows path leaves the machine. `drive_type` is GetDriveTypeW."""
    drive, _ = ntpath.splitdrive(path)
    plain = drive.replace("/", "\\")
    if plain.upper().startswith("\\\\?\\UNC\\"):
        return "UNC"
    if plain.startswith("\\\\") and not plain.startswith(("\\\\?\\", "\\\\.\\")):
        return "UNC"
    letter = plain[-2:]
    return "mapped drive" if letter.endswith(":") and drive_type(f"{letter}\\") == _DRIVE_REMOTE else None


def _unescaped(text: str) -> str:
    for code, letter in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, letter)
    return text


def _mounts() -> str:
    try:
        return Path("/proc/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def _windows_drive_type(root: str) -> int:
    if sys.platform == "win32":
        import ctypes

        return int(ctypes.windll.kernel32.GetDriveTypeW(root))
    return 0
