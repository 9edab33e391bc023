"""The files of the repository, as git knows them."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def repository_files(root: Path = ROOT) -> list[Path]:
    """Return every file that is or would be committed; without git, all files outside hidden folders."""
    try:
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            check=True,
            capture_output=True,
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        return [file for file in root.rglob("*") if file.is_file() and not _is_hidden(file.relative_to(root))]
    return [root / name for name in listed.split("\0") if name and (root / name).is_file()]


def _is_hidden(path: Path) -> bool:
    return any(part == "__pycache__" or part == "node_modules" or part.startswith(".") for part in path.parts)


def modules_of(*folders: str, root: Path = ROOT) -> list[Path]:
    """Return the Python files in these folders of the repository."""
    return [
        file
        for file in repository_files(root)
        if file.suffix == ".py" and any(file.is_relative_to(root / folder) for folder in folders)
    ]
