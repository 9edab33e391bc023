"""The ways to shops and carriers. The HTTP library is loaded when the first of them is used, not at the start."""

import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.channels.contract import Channel
from core.runtime.clock import Clock
from core.runtime.errors import Refused
from core.sync.shops import ShopRecord
from core.sync.traces import Traces
from core.waybills.accounts import Account, ServiceFactory
from core.waybills.contract import WaybillService

if TYPE_CHECKING:
    from core.channels.grant_contract import Authoriser
    from core.channels.registry import ChannelRegistry
    from core.payments.contract import Gateway
    from core.payments.gateways import GatewayRecord
    from core.runtime.http import HttpClient


class Outside:
    """One HTTP client for all lanes, and what speaks through it."""

    def __init__(self, clock: Clock, channels: "ChannelRegistry | None") -> None:
        """`channels` None knows every channel of this version."""
        self._clock = clock
        self._channels = channels
        self._http: HttpClient | None = None
        #: the client of each shop: the same connections, its calls traced; kept, because sessions are by client
        self._heard: dict[int, HttpClient] = {}
        self.traces = Traces(clock)
        self._lock = threading.Lock()

    def channel(self, shop: ShopRecord) -> Channel:
        """The channel of a shop.

        Raises:
            Refused: `channel.unknown`, this version has no such channel; or a setting cannot be used.
        """
        client = self._client_of(shop.id)
        plugin = self.channels().get(shop.channel)
        if plugin is None:
            raise Refused("channel.unknown", f"this version knows no channel {shop.channel}", channel=shop.channel)
        return plugin.factory(shop.settings, json.loads(shop.secret), client, self._clock)

    def _client_of(self, shop_id: int) -> "HttpClient":
        client = self.client()
        if not shop_id:
            # A shop that is not there yet: only tried.
            return client
        with self._lock:
            if shop_id not in self._heard:
                self._heard[shop_id] = client.heard_by(self.traces.hearer(shop_id))
            return self._heard[shop_id]

    def authoriser(self, shop: ShopRecord) -> "Authoriser | None":
        """The platform's side of authorising a shop; None where its kind is let in by its key alone.

        Raises:
            Refused: as `channel`.
        """
        plugin = self.channels().get(shop.channel)
        if plugin is None or plugin.authoriser is None:
            return None
        return plugin.authoriser(shop.settings, json.loads(shop.secret), self.client(), self._clock)

    def channels(self) -> "ChannelRegistry":
        """Every kind of shop this version knows."""
        with self._lock:
            if self._channels is None:
                from core.channels.registry import built_in

                self._channels = built_in()
            return self._channels

    def services(self) -> Mapping[str, ServiceFactory]:
        """Every carrier's service that this version knows, by its name."""
        return {"practice": self.practice_waybills}

    def practice_waybills(self, account: Account) -> WaybillService:
        """The carrier of the practice shop."""
        from core.runtime.http import endpoint
        from core.waybills.practice.client import PracticeWaybills, WaybillKey

        key = WaybillKey(account.settings["key"], account.secret)
        return PracticeWaybills(endpoint(account.settings["base_url"]), key, self.client())

    def gateway(self, record: "GatewayRecord") -> "Gateway":
        """A payment gateway of an own mall.

        Raises:
            Refused: as `core.payments.gateways.open_gateway`.
        """
        from core.payments.gateways import open_gateway

        return open_gateway(record, self.client(), self._clock)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            if self._http is not None:
                self._http.close()

    def client(self) -> "HttpClient":
        """The one HTTP client, made with the first call."""
        with self._lock:
            if self._http is None:
                from core.runtime.http import HttpClient

                self._http = HttpClient(self._clock)
            return self._http
