import os

import pytest

from tests.support.node_packages import CannotRunError
from tests.support.zpl_renderer import ZplRenderer, zpl_renderer

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="session")
def renderer(qapp):
    from printing.render import LabelRenderer

    return LabelRenderer()


@pytest.fixture(scope="session")
def others_zpl() -> ZplRenderer:
    if os.environ.get("PACKDESK_WITHOUT_REALSHOP") == "1":
        pytest.skip("PACKDESK_WITHOUT_REALSHOP=1")
    try:
        return zpl_renderer()
    except CannotRunError as error:
        pytest.fail(
            "The second renderer of ZPL needs Node.js 20 or newer with npm and, the first time, the npm registry"
            f" (PACKDESK_WITHOUT_REALSHOP=1 goes without it): {error}",
            pytrace=False,
        )
