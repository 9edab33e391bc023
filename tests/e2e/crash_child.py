"""One run of the whole job on a lasting data folder, to be killed at any moment and started again."""

import json
import sys
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from desktop.options import Options
from desktop.verbs.demo import play


def main(folder: Path, orders: int, seed: int) -> None:
    """Play until nothing is left to do; print the result."""
    application = QGuiApplication(["crash", "-platform", "offscreen"])
    options = Options(folder, None, None, None, "desk-1", "clerk", is_json=True)
    result = play(options, folder, folder / "labels", orders, seed)
    application.shutdown()
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
