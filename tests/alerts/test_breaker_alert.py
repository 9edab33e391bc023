"""The breaker trips: one alert to the robot, and one all-clear when it is over."""

from core.inventory.quotas.safety import set_safety
from core.inventory.stopping.breaker import follow_rules
from core.inventory.stopping.records import Cause, RuleDraft
from core.inventory.stopping.rules import put_breaker_rule
from core.runtime.ids import SkuId


def test_a_trip_is_told_once_and_so_is_its_end(shop, staff):
    world = shop.world
    bear = SkuId(world.skus["BEAR"])
    _, robot = shop.robot()
    draft = RuleDraft(Cause.LOW, "BEAR", is_automatic=True, resumes=True, calm_minutes=1)
    world.do(lambda uow: put_breaker_rule(uow, None, draft))
    world.do(lambda uow: set_safety(uow, bear, world.warehouse, 200_000))
    world.do(follow_rules)
    shop.after(seconds=60)
    shop.after(minutes=3)
    (alert,) = shop.rows()
    assert (alert.rule, alert.cleared_at) == ("sale.broken_low", None)
    assert sum("BEAR" in text for text in robot.got) == 1
    world.do(lambda uow: set_safety(uow, bear, world.warehouse, 0))
    for _ in range(6):
        world.do(follow_rules)
        shop.after(seconds=60)
    (alert,) = shop.rows()
    assert alert.cleared_at is not None
    assert [event for event, _ in shop.told() if event != "raised"] == ["clear"]
    assert len(robot.got) == 2
