"""The verbs of `./run`: its own few, and everything else passed on to the program."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bootstrap import system
from bootstrap.environment import Environment
from bootstrap.say import SetupFailed, tell
from desktop.system_libraries import has_cjk_font, has_screen

USAGE = """\
./run                        set up, then open Packdesk with the practice shop in it   准备并打开（含练习店）
./run VERB ...               set up, then pass VERB to the program (./run --help)      其余命令交给程序
./run test [pytest options]  set up, then run all tests on SQLite and PostgreSQL       运行测试
      --without-postgres       leave out the tests that need PostgreSQL
./run lint                   ruff, mypy and the layer rules                            代码检查
./run bench [NAME ...]       the benchmarks in tests/bench                             性能对比
./run lock [--upgrade]       write the requirements files anew from pyproject.toml     重写依赖锁定文件
./run setup [--dev]          only set up                                               只准备环境

RUN_INDEX=URL ./run          fetch Python packages from this mirror (not stored)       使用镜像下载
"""

#: verbs that never draw anything: they work on a machine without Qt's system libraries
_VERBS_WITHOUT_QT = frozenset({"doctor", "serve", "backup", "restore", "move", "join", "import", "people"})
_HEADLESS_WAY = "./run demo --headless --orders 20 --out demo-out --json"


def main(root: Path, arguments: Sequence[str]) -> int:
    """Do what the command line says; on POSIX a started program takes this process's place."""
    # A Windows console or pipe in another code page must not turn a sentence into a traceback.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="replace")
    own: dict[str, Callable[[Path, list[str]], int]] = {
        "test": _test,
        "lint": _lint,
        "bench": _bench,
        "lock": _lock,
        "setup": _setup,
        "help": _help,
    }
    verb, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    try:
        if verb in own:
            return own[verb](root, rest)
        return _pass_on(root, list(arguments))
    except SetupFailed as failure:
        tell(failure.chinese, failure.english)
        return failure.exit_code
    except KeyboardInterrupt:
        return 130


def needs_screen(arguments: Sequence[str]) -> bool:
    """Say whether these arguments make the program open a window."""
    if {"-h", "--help", "--version"} & set(arguments):
        return False
    verb = arguments[0] if arguments else ""
    if verb == "demo":
        return "--headless" not in arguments
    return not verb or verb.startswith("-")


def _pass_on(root: Path, arguments: list[str]) -> int:
    verb = arguments[0] if arguments else ""
    window = needs_screen(arguments)
    if window and sys.platform.startswith("linux") and not has_screen(os.environ):
        raise SetupFailed(
            f"这里没有屏幕（DISPLAY 和 WAYLAND_DISPLAY 都没有设置），窗口打不开。"
            f"无界面演示：{_HEADLESS_WAY}；或：xvfb-run -a ./run",
            "There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open. "
            f"Without one: {_HEADLESS_WAY} (or: xvfb-run -a ./run)",
        )
    if window:
        # The fonts that come with the program serve its own windows.
        wants = system.Wants(libraries="screen", cjk_font=not has_cjk_font([root / "resources"]), usb=True)
    else:
        wants = system.Wants(libraries=None if verb in _VERBS_WITHOUT_QT else "offscreen")
    environment = _prepared(root, wants, dev=False)
    return _become([str(environment.python), "-P", "-m", "desktop", *arguments])


def _prepared(root: Path, wants: system.Wants, *, dev: bool) -> Environment:
    environment = Environment(root)
    ready = environment.is_ready(dev=dev)
    # What is only better to have is spoken of once.
    system.provide(wants._replace(venv=not ready, usb=wants.usb and not ready), environment.log)
    if not ready:
        environment.prepare(dev=dev, index=os.environ.get("RUN_INDEX") or None)
    return environment


def _test(root: Path, arguments: list[str]) -> int:
    without_postgres = "--without-postgres" in arguments
    wants = system.Wants(libraries="offscreen", cjk_font=True, postgres=not without_postgres, barcode_reader=True)
    environment = _prepared(root, wants, dev=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.chdir(root)
    return _become([str(environment.python), "-P", "-m", "pytest", *parallel_options(arguments), *arguments])


def parallel_options(arguments: Sequence[str]) -> list[str]:
    """Return pytest's options for several workers; none where the caller chose, or looks at few tests."""
    chosen = (
        "-n",
        "--numprocesses",
        "--dist",
        "--pdb",
        "--trace",
        "-s",
        "--capture=no",
        "--collect-only",
        "--co",
    )
    if any(argument.startswith(chosen) or argument.partition("::")[0].endswith(".py") for argument in arguments):
        return []
    workers = min(os.cpu_count() or 1, 4)
    return ["-n", str(workers)] if workers > 1 else []


def _lint(root: Path, _arguments: list[str]) -> int:
    environment = _prepared(root, system.Wants(), dev=True)
    checks = (
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("lint-imports",),
    )
    failed = []
    for program, *options in checks:
        print(f"== {program} {' '.join(options)}".rstrip(), flush=True)
        command = [str(environment.python.with_name(program)), *options]
        if subprocess.run(command, cwd=root, check=False).returncode:
            failed.append(" ".join((program, *options)))
    if failed:
        tell(f"检查未通过：{'；'.join(failed)}", f"These checks failed: {'; '.join(failed)}")
        return 1
    tell("检查全部通过", "All checks passed")
    return 0


def _bench(root: Path, arguments: list[str]) -> int:
    """Run `tests/bench/bench_*.py`, all or the named ones, one after another, each in its own process."""
    known = sorted(file.stem for file in (root / "tests" / "bench").glob("bench_*.py"))
    chosen = [name if name.startswith("bench_") else f"bench_{name}" for name in arguments] or known
    unknown = [name for name in chosen if name not in known]
    if unknown or not chosen:
        have = ", ".join(known) or "-"
        raise SetupFailed(
            f"没有这个性能测试：{' '.join(unknown)}（现有：{have}）",
            f"No such benchmark: {' '.join(unknown)} (there are: {have})",
            exit_code=2,
        )
    environment = _prepared(root, system.Wants(libraries="offscreen"), dev=True)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    failed = [
        name
        for name in chosen
        if subprocess.run(
            [str(environment.python), "-P", "-m", f"tests.bench.{name}"], cwd=root, check=False
        ).returncode
    ]
    return 1 if failed else 0


def _lock(root: Path, arguments: list[str]) -> int:
    """Compile both requirements files for all systems; no index, mirror or folder of this machine gets in."""
    uv = shutil.which("uv")
    if uv is None:
        raise SetupFailed("没有找到 uv：pip install uv", "uv is needed for this: pip install uv", exit_code=2)
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PIP_") and not (name.startswith("UV_") and ("INDEX" in name or "FIND_LINKS" in name))
    }
    common = [
        uv,
        "pip",
        "compile",
        "--no-config",
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
        # What a package asks for with an extra has to be pinned with it: pip otherwise takes the newest release,
        # whose digest the lock does not know, and set-up fails from the day that one comes out.
        "--no-strip-extras",
    ]
    common += ["--custom-compile-command", "./run lock", "--quiet", *arguments]
    files = (
        ["--output-file", "requirements.lock"],
        ["--group", "dev", "--constraint", "requirements.lock", "--output-file", "requirements-dev.lock"],
    )
    for options in files:
        code = subprocess.run([*common, *options, "pyproject.toml"], cwd=root, env=environ, check=False).returncode
        if code:
            return code
    return 0


def _setup(root: Path, arguments: list[str]) -> int:
    environment = _prepared(root, system.Wants(libraries="offscreen"), dev="--dev" in arguments)
    tell(f"环境已就绪：{environment.python}", f"Ready: {environment.python}")
    return 0


def _help(_root: Path, _arguments: list[str]) -> int:
    print(USAGE, end="")
    return 0


def _become(command: list[str]) -> int:
    """Run `command` in this process's place; Windows has no such thing, there it is a child."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":
        return subprocess.call(command)
    return os.execv(command[0], command)
