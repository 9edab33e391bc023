"""Which kinds of shop there are: an explicit list, so that a frozen program knows them too."""

from collections.abc import Sequence

from core.channels.plugin import ChannelPlugin


class ChannelRegistry:
    """The plugins by id."""

    def __init__(self, plugins: Sequence[ChannelPlugin]) -> None:
        self._plugins: dict[str, ChannelPlugin] = {}
        for plugin in plugins:
            if plugin.id in self._plugins:
                raise ValueError(f"channel id stands twice: {plugin.id}")
            self._plugins[plugin.id] = plugin

    def all(self) -> Sequence[ChannelPlugin]:
        """Every plugin, in the order in which a person is offered them."""
        return tuple(self._plugins.values())

    def get(self, channel_id: str) -> ChannelPlugin | None:
        """The plugin with this id, None where this version has none."""
        return self._plugins.get(channel_id)


def built_in() -> ChannelRegistry:
    """The channels this program ships with."""
    from core.channels.douyin.plugin import PLUGIN as DOUYIN
    from core.channels.file.plugin import PLUGIN as FILE
    from core.channels.jd.plugin import PLUGIN as JD
    from core.channels.mall.plugin import PLUGIN as MALL
    from core.channels.medusa.plugin import PLUGIN as MEDUSA
    from core.channels.pdd.plugin import PLUGIN as PDD
    from core.channels.taobao.plugin import PLUGIN as TAOBAO
    from core.channels.taobao.plugin import TMALL
    from core.channels.vendure.plugin import PLUGIN as VENDURE
    from core.channels.wechat.plugin import PLUGIN as WECHAT
    from core.channels.woocommerce.plugin import PLUGIN as WOOCOMMERCE

    return ChannelRegistry([MALL, VENDURE, MEDUSA, WOOCOMMERCE, TAOBAO, TMALL, JD, PDD, DOUYIN, WECHAT, FILE])
