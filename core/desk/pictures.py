"""Pictures of goods from the shops that sell them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from core.access.gate import needs
from core.access.rights import Right
from core.db.unit_of_work import Store
from core.runtime.errors import Refused
from core.sync.shops import active_shops

if TYPE_CHECKING:
    from core.runtime.http import HttpClient

#: shops show photographs of up to some megabytes; what is larger is none
_MAX_BYTES: Final = 8 * 1024 * 1024


class Pictures:
    """Gets the bytes of a picture; whether they are one is for whoever draws it to see."""

    def __init__(self, store: Store, client: "Callable[[], HttpClient]") -> None:
        self._store = store
        self._client = client

    @needs(Right.SEE_DESK)
    def fetch(self, url: str) -> bytes:
        """What lies at a picture's address.

        Raises:
            Refused: `http.address`, the address cannot be used. One on this machine may be used only where one of our
                shops is there, so that no shop can make us call other programs.
            ChannelError: it could not be had.
        """
        from core.runtime.http import endpoint

        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        place = endpoint(origin)
        if place.is_loopback and origin not in self._own_origins():
            raise Refused("http.address", "a picture may not lie on this machine", reason="no shop is there")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        return self._client().download(place, target, _MAX_BYTES)

    def _own_origins(self) -> set[str]:
        shops = self._store.read(active_shops)
        addresses = [urlsplit(shop.settings.get("base_url", "")) for shop in shops]
        return {f"{parts.scheme}://{parts.netloc}" for parts in addresses}
