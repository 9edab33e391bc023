import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="session")
def renderer(qapp):
    from printing.render import LabelRenderer

    return LabelRenderer()
