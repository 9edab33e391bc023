"""The running shop, and what every test of it needs."""

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from core.channels.medusa.channel import MedusaChannel
from core.channels.medusa.client import MedusaClient, MedusaKey
from core.channels.medusa.facts import CAPABILITIES as MEDUSA
from core.channels.medusa.mapper import Reading
from core.channels.vendure.channel import VendureChannel
from core.channels.vendure.client import VendureClient
from core.runtime.clock import SystemClock
from core.runtime.http import HttpClient, endpoint
from tests.support.medusa import RunningMedusa, running_medusa
from tests.support.medusa_driver import MedusaDriver, Variant
from tests.support.node_packages import CannotRunError
from tests.support.postgres import PostgresMissing
from tests.support.vendure import PASSWORD, USERNAME, RunningShop, running_shop
from tests.support.vendure_driver import VendureDriver

_serial = itertools.count(1)


@contextmanager
def _or_why_not() -> Iterator[None]:
    if os.environ.get("PACKDESK_WITHOUT_REALSHOP") == "1":
        pytest.skip("PACKDESK_WITHOUT_REALSHOP=1")
    try:
        yield
    except PostgresMissing as error:
        pytest.skip(str(error))
    except CannotRunError as error:
        pytest.fail(
            "The real-shop tests need Node.js 20 or newer with npm and, the first time, the npm registry"
            f" (PACKDESK_WITHOUT_REALSHOP=1 goes without them): {error}",
            pytrace=False,
        )


@pytest.fixture(scope="session")
def vendure() -> Iterator[RunningShop]:
    with _or_why_not(), running_shop() as shop:
        yield shop


@pytest.fixture(scope="session")
def medusa() -> Iterator[RunningMedusa]:
    with _or_why_not(), running_medusa() as shop:
        yield shop


@pytest.fixture
def fresh_vendure() -> Iterator[RunningShop]:
    """One that has sold nothing yet."""
    with _or_why_not(), running_shop() as shop:
        yield shop


@pytest.fixture
def driver(vendure: RunningShop) -> Iterator[VendureDriver]:
    driver = VendureDriver(vendure.base_url, USERNAME, PASSWORD)
    yield driver
    driver.close()


@pytest.fixture
def new_sku() -> str:
    """A merchant code no other test of this session has."""
    return f"SKU-{next(_serial)}"


@pytest.fixture
def http() -> Iterator[HttpClient]:
    """The program's own HTTP client; it tries again without waiting."""
    with HttpClient(SystemClock(), sleep=lambda _: None) as http:
        yield http


@pytest.fixture
def open_channel(vendure: RunningShop, http: HttpClient) -> Callable[..., VendureChannel]:
    """Opens our adapter on the shop, or on another port that leads to it."""

    def _open(*, port: int | None = None, page_size: int = 100, password: str = PASSWORD) -> VendureChannel:
        place = endpoint(f"http://127.0.0.1:{port or vendure.port}")
        client = VendureClient(place, http, username=USERNAME, password=password)
        return VendureChannel(client, buyer_note_field="buyerNote", page_size=page_size)

    return _open


@pytest.fixture
def channel(open_channel: Callable[..., VendureChannel]) -> VendureChannel:
    return open_channel()


@pytest.fixture(scope="session")
def merchant(medusa: RunningMedusa) -> MedusaDriver:
    """The people of the Medusa shop, and its shoppers."""
    return MedusaDriver(medusa.base_url, medusa.facts)


@pytest.fixture(scope="session")
def plenty(merchant: MedusaDriver) -> tuple[Variant, Variant]:
    """Two choices of one product of which there is enough for every test."""
    first, second = merchant.new_product("PLENTY-A", "PLENTY-B", stock=1000)
    return first, second


@pytest.fixture
def open_medusa(medusa: RunningMedusa, http: HttpClient) -> Callable[..., MedusaChannel]:
    """Opens our adapter on the shop, or on another port that leads to it."""

    def _open(
        *, port: int | None = None, page_size: int = 50, key: MedusaKey | None = None, location_id: str = ""
    ) -> MedusaChannel:
        place = endpoint(f"http://127.0.0.1:{port or medusa.port}")
        client = MedusaClient(place, http, key or MedusaKey(medusa.facts["secret_key"]))
        return MedusaChannel(
            client,
            reading=Reading(note_field="note"),
            location_id=location_id,
            capabilities=replace(MEDUSA, page_size=page_size),
        )

    return _open


@pytest.fixture
def medusa_channel(open_medusa: Callable[..., MedusaChannel]) -> MedusaChannel:
    return open_medusa()
