"""What holds for every file of the repository."""

import ast
import re
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.repository import ROOT, modules_of, repository_files

# In pieces, so that this file does not contain what it looks for.
_HOSTS = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "registry.npm" + "js.org",
    "registry.npm" + "mirror.com",
    "registry.yarn" + "pkg.com",
    "mirrors.ali" + "yun.com",
    "tuna.tsing" + "hua.edu.cn",
    "deb.deb" + "ian.org",
)
_COMMON_FOLDERS = {"/", "/tmp", "/home", "/usr", "/var", "/opt", "/srv", "/mnt", "/etc"}  # noqa: S108 - names only


def machine_paths(root: Path, home: Path) -> set[str]:
    """Return the folders that only this machine has: the checkout, the ones above it, and the home folder."""
    return {str(folder) for folder in (root, *root.parents, home)} - _COMMON_FOLDERS


def complaints(text: str, paths: set[str]) -> list[str]:
    """Return what in `text` names a package index or one of the folders."""
    found = [host for host in _HOSTS if host in text]
    return found + [path for path in paths if re.search(rf"(?<![\w.~}}-]){re.escape(path)}(?=[/\s\"'`:),]|$)", text)]


def test_no_file_names_a_package_index_or_a_folder_of_this_machine() -> None:
    paths = machine_paths(ROOT, Path.home())
    wrong = {
        str(file.relative_to(ROOT)): found
        for file in repository_files()
        if (found := complaints(file.read_bytes().decode("utf-8", errors="ignore"), paths))
    }
    assert wrong == {}


def test_index_hosts_and_machine_paths_are_noticed() -> None:
    # Made up here, so that no real checkout or home folder can be called like that.
    home, build = f"/home/{uuid4().hex}", f"/{uuid4().hex}"
    paths = machine_paths(Path(build, "desk"), Path(home))
    assert paths == {f"{build}/desk", build, home}
    assert complaints(f'"resolved": "https://{_HOSTS[2]}/x"', paths) == [_HOSTS[2]]
    assert complaints(f"cd {home}/notes", paths) == [home]
    assert complaints(f"see '{build}'", paths) == [build]
    assert complaints(f"docs{build}/desk, https://x.example{build}/y, {build}s, {home}s", paths) == []


def test_every_public_module_says_what_it_is() -> None:
    files = modules_of("core", "printing", "desktop", "resources", "packaging/bootstrap", "tests/support")
    assert len(files) > 20
    silent = [
        str(file.relative_to(ROOT))
        for file in files
        if (not file.name.startswith("_") or file.name == "__init__.py")
        and (text := file.read_text(encoding="utf-8")).strip()
        and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []


@pytest.mark.parametrize("name", ["packaging/__init__.py", "tests/__init__.py"])
def test_folder_is_no_package(name: str) -> None:
    """A package `packaging` would hide the one from the registry."""
    assert not (ROOT / name).exists()


def test_import_names_are_folder_names() -> None:
    for package in ("core", "printing", "desktop", "resources"):
        assert (ROOT / package / "__init__.py").is_file()
    assert (ROOT / "desktop" / "__init__.py").read_text(encoding="utf-8").strip() == ""


_BARE = re.compile(r"# noqa(: [A-Z0-9, ]+)?\s*$")


def test_what_the_linter_may_not_say_has_a_reason() -> None:
    assert _BARE.search("x = 1  # noqa: E731")
    assert not _BARE.search("x = 1  # noqa: E731  said once")
    bare = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in modules_of("core", "printing", "desktop", "resources", "packaging", "tests")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if _BARE.search(line) and '"' not in line.partition("# noqa")[2]
    ]
    assert bare == []


def _imports(source: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def _adapters_in(source: str) -> set[str]:
    return {name for name in _imports(source) if name == "core.channels" or name.startswith("core.channels.")}


def test_a_simulated_platform_knows_nothing_of_its_adapter() -> None:
    """What both took from one place would be wrong in both, and no test would see it."""
    for line in ("import core.channels.jd", "from core import channels", "from core.channels.jd.mapper import X"):
        assert _adapters_in(line), line
    files = modules_of("tests/simulators")
    assert len(files) > 20
    wrong = {str(file.relative_to(ROOT)): found for file in files if (found := _adapters_in(file.read_text("utf-8")))}
    assert wrong == {}
