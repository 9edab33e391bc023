"""The lock files name packages, versions and digests, and nothing of the machine that wrote them."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")

_REQUIREMENT = re.compile(
    r"(?P<name>[a-z0-9]+(-[a-z0-9]+)*)(\[(?P<extras>[a-z0-9,-]+)\])?==(?P<version>[0-9][0-9a-z.+]*)( ; (?P<marker>[a-z_]+ .*))?( \\)?"
)
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
_COMMENT = re.compile(r"(    )?# ?(.*)")


def complaints(text: str) -> list[str]:
    """Return a line for everything in a lock file that is not a pinned, hashed package or a harmless comment."""
    found = []
    hashes = 1
    name = ""
    for line in text.splitlines():
        if _HASH.fullmatch(line):
            hashes += 1
        elif requirement := _REQUIREMENT.fullmatch(line):
            if not hashes:
                found.append(f"no hash: {name}")
            name, hashes = requirement["name"], 0
        elif not _COMMENT.fullmatch(line) or re.search(r"://|(^|\s)/|[A-Za-z]:\\|--(find|extra|index|no-)", line):
            found.append(f"not a pinned package: {line}")
    if not hashes:
        found.append(f"no hash: {name}")
    return found


def pins(text: str) -> set[tuple[str, str, str]]:
    return {
        (found["name"], found["version"], found["marker"] or "")
        for found in map(_REQUIREMENT.fullmatch, text.splitlines())
        if found
    }


@pytest.mark.parametrize("name", LOCKS)
def test_lock_file_names_only_packages_versions_and_digests(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert complaints(text) == []
    assert len(pins(text)) > 30


def test_developers_get_the_same_versions_as_clerks() -> None:
    runtime, dev = (pins((ROOT / name).read_text(encoding="utf-8")) for name in LOCKS)
    assert {name for name, _, _ in runtime} <= {name for name, _, _ in dev}
    versions = {(name, version) for name, version, _ in dev}
    assert {(name, version) for name, version, _ in runtime} <= versions


GOOD = "alembic==1.20.1 \\\n    --hash=sha256:" + "a" * 64 + "\n    # via packdesk (pyproject.toml)\n"


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://mirror.example/simple",
        "--extra-index-url https://mirror.example/simple",
        "--find-links /srv/wheels",
        "alembic @ file:///srv/alembic.whl",
        "alembic @ https://mirror.example/alembic.whl",
        "    # from https://mirror.example/simple",
        "    #   -r /srv/requirements.in",
        "    #   -c C:\\wheels\\constraints.txt",
        "-e .",
        "requests>=2",
        "requests==2.34.2",
    ],
)
def test_foreign_line_is_noticed(line: str) -> None:
    assert complaints(GOOD) == []
    assert complaints(GOOD + line + "\n") != []


def test_licences_list_names_every_package_of_the_program_and_no_other() -> None:
    listed = re.findall(r"^\| ([a-z0-9-]+)(?: \([A-Za-z]+\))? \| ", _licences("Python packages"), re.MULTILINE)
    locked = {name for name, _, _ in pins((ROOT / "requirements.lock").read_text(encoding="utf-8"))}
    assert set(listed) - {"package"} == locked


def _licences(heading: str) -> str:
    return (ROOT / "docs" / "licences.md").read_text(encoding="utf-8").partition(f"## {heading}")[2]


def test_lock_files_hold_what_pyproject_asks_for() -> None:
    """After a change of the dependencies: `./run lock`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {"requirements.lock": project["project"]["dependencies"]}
    asked["requirements-dev.lock"] = [*asked["requirements.lock"], *project["dependency-groups"]["dev"]]
    for name, lines in asked.items():
        locked = {package: version for package, version, _ in pins((ROOT / name).read_text(encoding="utf-8"))}
        for requirement in map(Requirement, lines):
            version = locked.get(canonicalize_name(requirement.name))
            assert version is not None, f"{requirement} is not in {name}"
            assert requirement.specifier.contains(version), f"{requirement} against {version} in {name}"


def test_extras_that_packages_ask_of_each_other_are_pinned_too() -> None:
    """pip takes `coverage[toml]` for another thing than a pinned `coverage`, and then wants the newest release of it."""
    text = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    found = [match for match in map(_REQUIREMENT.fullmatch, text.splitlines()) if match]
    pinned = {match["name"]: set((match["extras"] or "").split(",")) for match in found}
    looked_at = 0
    for name in pinned:
        try:
            wanted = [Requirement(line) for line in requires(name) or ()]
        except PackageNotFoundError:  # of another system
            continue
        for requirement in wanted:
            if requirement.extras and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
                looked_at += 1
                assert requirement.extras <= pinned[canonicalize_name(requirement.name)], f"{name}: {requirement}"
    assert looked_at, "pytest-cov asks for coverage[toml]: this looked at nothing"
