"""The alerts page with a shop in trouble: part of `tests.gui.gallery`, or alone: `python -m tests.gui.gallery_alerts`."""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from sqlalchemy import update

from core.access.rights import Role
from core.alerting import Alerting
from core.alerts.notifiers.ways import WaysOut
from core.alerts.records import RuleInfo, Watched
from core.alerts.rounds import Rounds
from core.alerts.telling import TELL
from core.alerts.watched import WATCHED
from core.channels.models import Shop
from core.runtime.http import HttpClient
from core.runtime.standing import Severity, Standing
from core.sync.delivering import Deliverer
from desktop.alert_words import catalogue_words
from desktop.app import build_window
from desktop.settings import DeskSettings
from desktop.shell.window import DeskWindow, Start
from tests.simulators.robot_server import RobotServer
from tests.support.desk_world import furnished
from tests.support.ports import stand_in_ports
from tests.support.staff import Staffed
from tests.support.world import Address, World, make_tables

KEY, TOKEN = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa", "tok_0123456789abcdef"


class TroubledShop:
    """A shop whose robots are stand-ins, with people on duty and several things wrong."""

    def __init__(self, folder: Path, watched: Sequence[Watched] | None = None) -> None:
        """`watched` is what is looked at; without it, shops and stock stand as a test says in `standing`."""
        address = Address(sqlite_path=str(folder / "packdesk.db"))
        make_tables(address)
        self.world = World(address)
        self.staff = Staffed(self.world, self.world.desk)
        self.clock = self.world.clock
        self.robots = RobotServer(lambda: self.clock.now().timestamp())
        self.http = HttpClient(self.clock, sleep=lambda _s: None)
        self.standing: list[Standing] = []
        rules = (RuleInfo("stock.low", Severity.NOTICE), RuleInfo("shop.silent", Severity.CRITICAL, 300, "s"))
        kept = [one for one in WATCHED if one.name not in {"shops", "low stock"}]
        by_hand = Watched("by hand", lambda _connection, _at: list(self.standing), rules, 0.0)
        watched = (*kept, by_hand) if watched is None else watched
        places = dict.fromkeys(("wecom", "dingtalk", "feishu"), self.robots.url)
        ways = WaysOut(lambda: self.http, self.clock, places=places)
        store = self.world.new_store("window")
        self.alerting = Alerting(store, ways, "window", watched, catalogue_words())
        self.alerting.rounds = Rounds(store, watched, "window", settle_s=0)
        self.world.do(lambda uow: uow.execute(update(Shop).values(name="天猫旗舰店")))

    def furnish(self) -> None:
        """People, a plan, two robots of which one was removed."""
        boss = self.staff.hire("王老板", Role.ADMIN)
        first, second = self.staff.hire("小李", Role.PACKER), self.staff.hire("客服小陈", Role.SERVICE)
        settings = self.alerting.settings
        settings.put_shift(range(5), 8 * 60, 20 * 60, first.id, 1)
        settings.put_shift(range(7), 20 * 60, 8 * 60, second.id, 1)
        settings.put_shift(range(7), 0, 0, second.id, 2)
        begins = self.clock.now()
        settings.put_change("absent", begins, begins.replace(hour=16), person_id=boss.id)
        group = settings.put_channel(None, "wecom", "仓库群", {"key": KEY})
        settings.put_channel(None, "dingtalk", "老板群", {"token": TOKEN, "secret": "SECtest0001"})
        settings.put_contact(first.id, group, "xiaoli")
        settings.put_contact(second.id, group, "xiaochen")
        self.robots.add("wecom", KEY)
        self.robots.add("dingtalk", TOKEN, "SECtest0001").is_removed = True

    def round(self, *, minutes: float = 0) -> None:
        """Time passes, and one round is gone."""
        self.clock.advance(minutes=minutes)
        while self.alerting.rounds.work() == 0.0:
            pass
        deliverer = Deliverer(self.alerting._store, "window", {TELL: self.alerting.carrier.tell}, {})
        for lane in self.alerting.lanes():
            deliverer.drain(lane)

    def trouble(self) -> None:
        """Several things, one of them over already."""
        over = Standing("print.stuck", "printer:a", Severity.CRITICAL, {"printer": "GP-1324D", "n": 3, "minutes": 12})
        self.standing = [over]
        self.round()
        self.standing = []
        self.round(minutes=1)
        self.round(minutes=2)
        silent = Standing("shop.silent", "shop:1", Severity.CRITICAL, {"shop": "天猫旗舰店", "minutes": 6})
        facts = {"sku": "MLK-3-900", "name": "婴儿配方奶粉 3段", "n": 14, "days": 1.3}
        self.standing = [silent, Standing("stock.low", "sku:1", Severity.WARNING, facts)]
        short = {"shop": "天猫旗舰店", "n": 2}
        self.standing.append(Standing("order.short", "shop:1", Severity.CRITICAL, short))
        self.round()
        self.round(minutes=6)

    def close(self) -> None:
        """Give everything back."""
        self.http.close()
        self.robots.stop()
        self.world.close()


def settle(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def window_of(app: QApplication, settings: DeskSettings, shop: TroubledShop, folder: Path, **real: Any) -> DeskWindow:
    """A window over the troubled shop, with its real services for alerts, status and people; `real` names more."""
    ports = stand_in_ports(
        furnished(),
        alerts=shop.alerting.alerts,
        alert_settings=shop.alerting.settings,
        status=shop.world.desk.status,
        listen=lambda listener: (shop.alerting._store.subscribe(listener), None)[1],
        **real,
    )
    return build_window(app, settings, start=Start(lambda: ports), folder=folder, now=shop.clock.now)


def alert_scenes(window: DeskWindow, shop: TroubledShop) -> dict[str, Callable[[], None]]:
    def page():
        return window.page("alerts")

    def quiet() -> None:
        window.go("alerts")
        for _ in range(40):
            settle(100)
            if page()._presenter.screen.is_known_empty and page()._presenter.screen.quiet is not None:
                break

    def packing() -> None:
        shop.trouble()
        window.parts.ask_status()
        window.go("packing")
        settle(200)

    def standing() -> None:
        window.go("alerts")
        settle(200)
        page().table.setCurrentIndex(page().model.index(0, 0))

    def opened() -> None:
        page()._open(1)

    def muting() -> None:
        page()._presenter.ask_mute()

    def past() -> None:
        page()._presenter.close()
        page()._presenter.close()
        page()._presenter.choose_pile("past")
        settle(150)
        page()._open(0)

    return {
        "40-alerts-quiet": quiet,
        "41-alerts-packing": packing,
        "42-alerts": standing,
        "43-alerts-opened": opened,
        "44-alerts-muting": muting,
        "45-alerts-past": past,
        "46-alerts-duty": lambda: page().open_tab("duty"),
        "47-alerts-rules": lambda: page().open_tab("rules"),
        "48-alerts-channels": lambda: page().open_tab("channels"),
    }


def render_alerts(app: QApplication, settings: DeskSettings, out: Path, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = TroubledShop(Path(folder))
        shop.furnish()
        shop.round()
        window = window_of(app, settings, shop, out)
        window.show()
        while not window.can_open("alerts"):
            settle(100)
        for name, act in alert_scenes(window, shop).items():
            act()
            settle(900)
            window.grab().save(str(out / f"{name}-{suffix}.png"))
        window.close()
        shop.close()


def main() -> int:
    from tests.gui.gallery import settings_of

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="")
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    for language in ("zh_CN", "en"):
        for theme in ("light", "dark"):
            if wanted.only in f"{language}-{theme}":
                render_alerts(app, settings_of(language, theme), wanted.out, f"{language}-{theme}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
