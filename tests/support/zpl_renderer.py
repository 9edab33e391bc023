"""A renderer of ZPL that nobody here wrote (npm `zpl-renderer-js`), run by Node.js outside the test's process."""

import base64
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.node_packages import Node, cache_folder, environment, find_node, install_packages

_HERE = Path(__file__).resolve().parents[1] / "printing" / "zpl_renderer"
_RENDER_S = 120.0


@dataclass(frozen=True)
class ZplRenderer:
    """The renderer, installed."""

    node: Node
    packages: Path

    def pictures(self, labels: Sequence[tuple[bytes, float, float, int]]) -> Sequence[bytes]:
        """PNG bytes of each label, given as job, width and height in millimetres and dots per millimetre."""
        wishes = [(job.decode("ascii"), width, height, dots) for job, width, height, dots in labels]
        done = subprocess.run(
            [self.node.node, str(_HERE / "render.js")],
            input=json.dumps(wishes),
            env={**environment(), "NODE_PATH": str(self.packages / "node_modules")},
            capture_output=True,
            text=True,
            timeout=_RENDER_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-400:]
        return [base64.b64decode(picture) for picture in json.loads(done.stdout)]


def zpl_renderer() -> ZplRenderer:
    """Install it where it is not in the cache yet.

    Raises:
        CannotRunError: it cannot be had here.
    """
    cache = cache_folder()
    node = find_node(cache)
    return ZplRenderer(node, install_packages(cache, node, _HERE))
