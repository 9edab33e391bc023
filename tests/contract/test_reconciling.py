"""Every platform's orders compared with ours: what a pull skipped is found and taken in, what is the same is so."""

from datetime import timedelta

from sqlalchemy import select

from core.sync import cursors
from core.sync.cursors import CHANGED
from core.sync.models import ReconciliationLine
from core.sync.reconciling import OPEN_APART
from tests.contract.platform_stand import PlatformStand
from tests.support.channel_stand import Wish
from tests.support.world import World


def at_platforms_time(world: World, platform: PlatformStand) -> None:
    world.clock.advance(seconds=(platform.now() - world.clock.now()).total_seconds())


def test_what_a_pull_skipped_is_found_and_what_it_brought_is_the_same(
    platform: PlatformStand, file_world: World
) -> None:
    world, channel = file_world, platform.channel
    world.desk.platforms[world.shop_id] = channel
    at_platforms_time(world, platform)
    # Some platforms answer half an hour at a time: the week of a first pull would be hundreds of calls.
    began = platform.now() - timedelta(minutes=20)
    world.do(lambda uow: cursors.move(uow, world.shop_id, CHANGED, began))
    numbers = [platform.place(Wish(0, 1)), platform.place(Wish(0, 1), Wish(1, 2))]
    platform.pay(numbers[0])
    platform.settle()
    at_platforms_time(world, platform)
    world.puller().pull(world.shop_record, channel)
    skipped = platform.place(Wish(1, 1))
    platform.pay(skipped)
    platform.settle()
    platform.clock.advance(seconds=OPEN_APART.total_seconds())
    at_platforms_time(world, platform)
    # A watermark that moved although its window was not stored: what no pull will ever read.
    world.do(lambda uow: cursors.move(uow, world.shop_id, CHANGED, platform.now()))

    done = world.desk.reconciler.reconcile(world.shop_record, 1)

    found = [(row.order_no, row.kind, row.outcome) for row in world.rows(select(*ReconciliationLine.__table__.c))]
    assert (done.state, found) == ("done", [(skipped, "missing", "taken")])
    assert world.order(skipped).payment == "paid"
