"""What every kind of shop says when it cannot be opened."""

import pytest

from core.channels.plugin import ChannelPlugin
from core.channels.registry import built_in
from core.runtime.clock import SystemClock
from core.runtime.errors import Refused
from core.runtime.http import HttpClient

_TYPED = [plugin for plugin in built_in().all() if any(one.is_required for one in plugin.settings)]


@pytest.mark.parametrize("plugin", _TYPED, ids=lambda plugin: plugin.id)
def test_a_missing_setting_is_named_so_that_the_form_can_point_at_it(plugin: ChannelPlugin) -> None:
    with pytest.raises(Refused) as caught:
        plugin.factory({}, {}, HttpClient(SystemClock()), SystemClock())
    assert caught.value.code == "channel.setting"
    assert caught.value.facts["field"] in {one.name for one in plugin.settings}
