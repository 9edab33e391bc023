"""What a WordPress site says about itself: its index, its settings, and pages that are no answer at all."""

from datetime import timedelta

from tests.simulators.platforms.server import Answer
from tests.simulators.platforms.shop import Shop
from tests.simulators.platforms.woocommerce_facts import PROVINCES
from tests.simulators.platforms.woocommerce_rows import Look
from tests.simulators.platforms.woocommerce_wire import SaysNoError, wp_json

_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"


def page(title: str, words: str, status: int, **headers: str) -> Answer:
    """A page for people."""
    return Answer(_PAGE.format(title, words).encode(), status, "text/html; charset=UTF-8", headers)


class Site:
    """The calls about the site. Every method is called with the shop's lock held."""

    def __init__(self, shop: Shop, look: Look, name: str) -> None:
        self._shop = shop
        self._look = look
        self.name = name
        self.has_tracking = False

    def namespaces(self) -> list[str]:
        """What the site can be asked for."""
        plugins = ["wc-shipment-tracking/v3"] if self.has_tracking else []
        return ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", *plugins, "wp/v2"]

    def index(self) -> Answer:
        """`GET /`, which needs no key."""
        offset = self._shop.now().astimezone(self._look.zone).utcoffset() or timedelta()
        return wp_json(
            {
                "name": self.name,
                "description": "",
                "url": self._look.home,
                "home": self._look.home,
                "gmt_offset": f"{offset.total_seconds() / 3600:g}",
                "timezone_string": "",
                "namespaces": self.namespaces(),
                "authentication": [],
                "routes": {f"/{name}": {"namespace": name, "methods": ["GET"]} for name in self.namespaces()},
            }
        )

    def namespace(self, name: str) -> Answer:
        """`GET wc/v3`, which needs no key either."""
        return wp_json({"namespace": name, "routes": {f"/{name}": {"namespace": name, "methods": ["GET"]}}})

    def system_status(self) -> Answer:
        """`GET system_status`."""
        plugins = ["WooCommerce", *(["WooCommerce Shipment Tracking"] if self.has_tracking else [])]
        return wp_json(
            {
                "environment": {
                    "home_url": self._look.home,
                    "site_url": self._look.home,
                    "version": self._look.version,
                    "wp_version": "6.8.1",
                    "default_timezone": "UTC",
                },
                "database": {"wc_database_version": self._look.version},
                "active_plugins": [{"name": name, "version": "1.0.0"} for name in plugins],
                "theme": {"name": "Storefront"},
                "settings": {
                    "api_enabled": False,
                    "currency": self._look.currency,
                    "currency_symbol": "&yen;",
                    "number_of_decimals": 2,
                    "HPOS_enabled": True,
                },
                "security": {"secure_connection": self._look.home.startswith("https"), "hide_errors": True},
            }
        )

    def setting(self, group: str, name: str) -> Answer:
        """`GET settings/general/<id>`."""
        values = {
            ("general", "woocommerce_currency"): self._look.currency,
            ("products", "woocommerce_manage_stock"): "yes",
            ("products", "woocommerce_hold_stock_minutes"): "60",
        }
        if group not in ("general", "products"):
            raise SaysNoError(404, "rest_setting_setting_group_invalid", "Invalid setting group.")
        if (group, name) not in values:
            raise SaysNoError(404, "rest_setting_setting_invalid", "Invalid setting.")
        return wp_json({"id": name, "label": name, "type": "text", "value": values[group, name]})

    def currency(self) -> Answer:
        """`GET data/currencies/current`."""
        return wp_json({"code": self._look.currency, "name": self._look.currency, "symbol": "&yen;"})

    def country(self, code: str) -> Answer:
        """`GET data/countries/<code>`: where the codes of `state` are explained."""
        if code.upper() != "CN":
            words = "There are no locations matching these parameters."
            raise SaysNoError(404, "woocommerce_rest_data_invalid_location", words)
        states = [{"code": state, "name": name} for state, name in PROVINCES.items()]
        return wp_json({"code": "CN", "name": "China", "states": states})
