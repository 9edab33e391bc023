"""What the machine itself must have: found out first; installed by apt where we may, else named in a line."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bootstrap.environment import has_venv_parts
from bootstrap.say import SetupFailed, tell
from desktop.system_libraries import (
    CJK_FONT_PACKAGE,
    USB_LIBRARY,
    USB_PACKAGE,
    Goal,
    apt_command,
    has_cjk_font,
    has_library,
    missing_libraries,
)

VENV_PACKAGE = "python3-venv"
POSTGRES_PACKAGE = "postgresql"
READER_PACKAGE = "libzbar0"

#: what works less well without a package that nothing waits for
_WISHES: Mapping[str, tuple[str, str]] = {
    CJK_FONT_PACKAGE: ("没有中文字体，中文可能显示为方块", "No Chinese font is installed"),
    USB_PACKAGE: (
        "没有 libusb，不能直连 USB 打印机（网口、打印队列、/dev/usb/lp0 都能用）",
        "libusb is not installed, so USB printers work through queues and /dev/usb/lp0 only",
    ),
}


class Wants(NamedTuple):
    """What one verb needs from the machine."""

    #: None: no Qt at all
    libraries: Goal | None = None
    venv: bool = False
    cjk_font: bool = False
    postgres: bool = False
    #: the tests read every barcode with a second reader, which did not draw it
    barcode_reader: bool = False
    #: USB printers can be written without a driver of their own
    usb: bool = False


class Lacks(NamedTuple):
    """Debian packages that are missing: without the first nothing works, the second are better to have."""

    required: tuple[str, ...]
    wished: tuple[str, ...]


def find_lacks(wants: Wants) -> Lacks:
    """Look at this machine; nothing is changed. Elsewhere than on Linux the wheels bring their libraries."""
    required: list[str] = []
    wished: list[str] = []
    if wants.venv and not has_venv_parts():
        required.append(VENV_PACKAGE)
    if sys.platform.startswith("linux"):
        if wants.libraries:
            required += (library.package for library in missing_libraries(wants.libraries))
        if wants.cjk_font and not has_cjk_font():
            wished.append(CJK_FONT_PACKAGE)
        if wants.usb and not has_library(USB_LIBRARY):
            wished.append(USB_PACKAGE)
    if wants.postgres and not _has_postgres():
        required.append(POSTGRES_PACKAGE)
    if wants.barcode_reader and sys.platform.startswith("linux") and not has_library("libzbar.so.0"):
        required.append(READER_PACKAGE)
    return Lacks(tuple(required), tuple(wished))


def provide(wants: Wants, log: Path) -> None:
    """Install what is missing when we are root on a machine with apt; else name it.

    Raises:
        SetupFailed: with exit code 3 and the one command that helps.
    """
    lacks = find_lacks(wants)
    if not any(lacks):
        return
    if _may_install():
        _apt_install([*lacks.required, *lacks.wished], log)
        lacks = find_lacks(wants)
    if lacks.required:
        raise SetupFailed(*_missing_sentences([*lacks.required, *lacks.wished]))
    for package in lacks.wished:
        line = apt_command([package])
        chinese, english = _WISHES[package]
        tell(f"{chinese}；安装：{line}", f"{english}; get it by: {line}")


def _missing_sentences(packages: Sequence[str]) -> tuple[str, str]:
    line = apt_command(packages)
    chinese, english = f"缺少系统软件包，请运行：{line}", f"System packages are missing, run: {line}"
    if POSTGRES_PACKAGE in packages:
        chinese += "（不要 PostgreSQL 的测试：./run test --without-postgres）"
        english += " (or test without PostgreSQL: ./run test --without-postgres)"
    return chinese, english


def _may_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_install(packages: Iterable[str], log: Path) -> None:
    """Install by apt with its output in `log`; a failure shows later as packages still missing."""
    names = list(packages)
    tell(
        f"正在用 apt 安装系统软件包：{' '.join(names)}",
        f"Installing system packages with apt: {' '.join(names)}",
    )
    options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"]
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    log.parent.mkdir(exist_ok=True)
    with log.with_name("apt.log").open("ab") as out:

        def apt(*words: str) -> int:
            command = ["apt-get", *options, *words]
            return subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=environ,
                check=False,
            ).returncode

        apt("update")
        code = apt("install", "-y", "--no-install-recommends", *names)
    if code:
        tell(f"apt 没有成功，日志 {out.name}", f"apt did not succeed; its log is {out.name}")


def _has_postgres() -> bool:
    from tests.support.postgres_programs import find_postgres_programs

    return find_postgres_programs() is not None
