"""Folders where a database would be damaged are refused before anything is written there."""

import os

import pytest

from core.db.places import refuse_unsafe_folder, remote_type, synced_by, windows_remote
from core.db.space import (
    BALLAST_FILE,
    STOP_BELOW,
    WARN_BELOW,
    SpaceLevel,
    ensure_ballast,
    release_ballast,
    space_of,
)
from core.runtime.errors import Refused

MOUNTS = r"""/dev/sda1 / ext4 rw 0 0
nas:/shop /mnt/nas nfs4 rw 0 0
//server/share /mnt/My\040Share cifs rw 0 0
user@host: /home/u/far fuse.sshfs rw 0 0
C: /mnt/c 9p rw 0 0
/dev/sdb1 /mnt/nas/local ext4 rw 0 0
portal /run/user/1000/doc fuse.portal rw 0 0
/dev/sdc1 /mnt/ntfs fuseblk rw 0 0
tmpfs /tmp tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/u/.local/share/packdesk", None),
        ("/mnt/nas/data", "nfs4"),
        ("/mnt/nas", "nfs4"),
        ("/mnt/nasty", None),
        ("/mnt/nas/local/data", None),
        ("/mnt/My Share/data", "cifs"),
        ("/home/u/far/data", "fuse.sshfs"),
        ("/mnt/c/Users/u", "9p"),
        ("/mnt/ntfs/data", None),
    ],
)
def test_the_mount_under_a_path_decides(path, kind):
    assert remote_type(path, MOUNTS) == kind


@pytest.mark.parametrize(
    ("path", "program"),
    [
        (r"C:\Users\u\OneDrive\packdesk", "OneDrive"),
        (r"C:\Users\u\OneDrive - 某某公司\packdesk", "OneDrive"),
        ("/home/u/Dropbox/packdesk", "Dropbox"),
        ("/home/u/Dropbox (Personal)/packdesk", "Dropbox"),
        (r"D:\我的坚果云\packdesk", "坚果云 Nutstore"),
        ("/home/u/Nutstore Files/x", None),
        (r"D:\BaiduSyncdisk\data", "百度同步盘"),
        ("/Users/u/Library/Mobile Documents/com~apple~CloudDocs/x", "iCloud"),
        (r"C:\Users\u\iCloudDrive\x", "iCloud"),
        ("/home/u/onedriver-source/data", None),
        ("/home/u/dropbox-notes/data", None),
        (r"C:\Users\u\AppData\Local\Packdesk", None),
    ],
)
def test_folders_of_cloud_programs_are_known_by_name(path, program):
    assert synced_by(path, {}) == program


def test_a_renamed_onedrive_is_known_by_its_variable():
    known = {"OneDriveCommercial": r"D:\Wolke"}
    assert synced_by(r"D:\wolke\packdesk", known) == "OneDrive"
    assert synced_by(r"D:\wolken\packdesk", known) is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (r"\\server\share\data", "UNC"),
        (r"\\?\UNC\server\share\data", "UNC"),
        (r"\\?\C:\data", None),
        (r"C:\data", None),
        (r"Z:\data", "mapped drive"),
    ],
)
def test_windows_paths_that_leave_the_machine(path, kind):
    assert windows_remote(path, lambda root: 4 if root.upper() == "Z:\\" else 3) == kind


def test_a_link_into_a_synced_folder_is_followed_and_the_sentence_names_folder_and_way_out(tmp_path):
    (tmp_path / "Dropbox" / "data").mkdir(parents=True)
    (tmp_path / "here").symlink_to(tmp_path / "Dropbox" / "data")
    with pytest.raises(Refused) as caught:
        refuse_unsafe_folder(tmp_path / "here", {})
    assert caught.value.code == "db.synced_folder"
    assert "Dropbox" in str(caught.value)
    assert "choose a folder" in str(caught.value)
    refuse_unsafe_folder(tmp_path / "plain", {})


def test_the_reserve_is_really_there_and_given_back_once(tmp_path):
    assert ensure_ballast(tmp_path, 3 * 2**20 + 17)
    stat = (tmp_path / BALLAST_FILE).stat()
    assert stat.st_size == 3 * 2**20 + 17
    assert stat.st_blocks * 512 >= stat.st_size
    assert ensure_ballast(tmp_path, 3 * 2**20)
    assert release_ballast(tmp_path)
    assert not release_ballast(tmp_path)
    assert os.listdir(tmp_path) == []


def test_little_space_warns_and_less_stops(tmp_path):
    assert space_of(tmp_path, WARN_BELOW).level is SpaceLevel.OK
    assert space_of(tmp_path, WARN_BELOW - 1).level is SpaceLevel.LOW
    assert space_of(tmp_path, STOP_BELOW - 1).level is SpaceLevel.STOP
    assert space_of(tmp_path).free > 0
