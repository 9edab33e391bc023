"""The split: whole units, nothing given that is not there, and no unit moved for nothing."""

from hypothesis import given
from hypothesis import strategies as st

from core.inventory.quotas.splitting import Move, ShopNow, SplitRules, shares, split

SHOPS = st.lists(
    st.builds(
        lambda right, weight, takes, gives: (right, weight, takes, gives),
        st.integers(0, 200),
        st.floats(0, 50),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
).map(
    lambda rows: [
        ShopNow(number, right, weight, takes, gives) for number, (right, weight, takes, gives) in enumerate(rows, 1)
    ]
)
RULES = st.builds(
    SplitRules,
    keep_qty=st.integers(0, 50),
    min_lot=st.integers(1, 10),
    park_qty=st.integers(0, 10),
    parked_shop_id=st.one_of(st.none(), st.integers(1, 6)),
)


@given(pool=st.integers(0, 300), shops=SHOPS, rules=RULES)
def test_no_more_is_granted_than_the_pool_has_above_what_it_keeps(pool, shops, rules):
    moves = split(pool, shops, rules)
    granted = sum(move.qty for move in moves if move.qty > 0)
    assert granted <= max(pool - rules.keep_qty, 0)
    assert len({move.shop_id for move in moves}) == len(moves)
    by_id = {shop.shop_id: shop for shop in shops}
    for move in moves:
        shop = by_id[move.shop_id]
        assert move.qty != 0
        assert shop.takes if move.qty > 0 else shop.gives
        assert shop.right_qty + move.qty >= 0


@given(pool=st.integers(0, 300), shops=SHOPS, rules=RULES)
def test_the_shares_are_all_there_is_unless_somebody_keeps_more(pool, shops, rules):
    targets = shares(pool, shops, rules)
    moving = [shop for shop in shops if shop.takes or shop.gives]
    if not moving:
        return
    total = max(pool - rules.keep_qty, 0) + sum(shop.right_qty for shop in moving)
    if pool < rules.keep_qty:
        total = max(total - (rules.keep_qty - pool), 0)
    kept = sum(shop.right_qty for shop in moving if not shop.gives)
    assert sum(targets[shop.shop_id] for shop in moving) == max(total, kept)
    assert min(targets.values()) >= 0


@given(pool=st.integers(0, 300), shops=SHOPS, rules=RULES)
def test_it_comes_to_rest(pool, shops, rules):
    """Once every move is done the next split moves nothing back and forth without end."""
    for _ in range(12):
        moves = split(pool, shops, rules)
        if not moves:
            break
        by_id = {move.shop_id: move.qty for move in moves}
        pool -= sum(by_id.values())
        shops = [
            ShopNow(one.shop_id, one.right_qty + by_id.get(one.shop_id, 0), one.weight, one.takes, one.gives)
            for one in shops
        ]
    assert not split(pool, shops, rules)


def test_what_sells_gets_more_and_a_small_difference_moves_nothing():
    assert split(100, [ShopNow(1, 0, 3), ShopNow(2, 0, 1)], SplitRules()) == (Move(1, 75), Move(2, 25))
    assert split(0, [ShopNow(1, 70, 3), ShopNow(2, 30, 1)], SplitRules()) == ()
    assert split(0, [ShopNow(1, 50, 3), ShopNow(2, 50, 1)], SplitRules()) == (Move(2, -25),)


def test_the_last_units_go_to_one_shop_and_a_promotion_keeps_its_own():
    last = SplitRules(park_qty=5, parked_shop_id=2)
    assert split(4, [ShopNow(1, 0, 9), ShopNow(2, 0, 1)], last) == (Move(2, 4),)
    assert split(0, [ShopNow(1, 3, 9), ShopNow(2, 1, 1)], last) == (Move(1, -3),)
    locked = [ShopNow(1, 40, 1, gives=False), ShopNow(2, 0, 1)]
    assert split(20, locked, SplitRules()) == (Move(2, 20),)


def test_fewer_than_a_lot_each_are_no_share_at_all():
    assert shares(7, [ShopNow(1, 0, 2), ShopNow(2, 0, 1)], SplitRules(min_lot=5)) == {1: 7, 2: 0}


def test_what_the_owner_keeps_stays_in_the_pool_and_comes_back_to_it():
    assert split(30, [ShopNow(1, 0, 1)], SplitRules(keep_qty=30)) == ()
    assert split(0, [ShopNow(1, 50, 1)], SplitRules(keep_qty=30)) == (Move(1, -30),)


def test_units_move_from_a_shop_that_does_not_sell_to_one_that_does_though_the_pool_is_empty():
    shops = [ShopNow(1, 10, 0.0), ShopNow(2, 0, 9.0)]
    assert split(0, shops, SplitRules()) == (Move(1, -10),)


def test_what_a_shop_may_not_be_given_goes_to_the_others():
    shops = [ShopNow(1, 0, 1.0, most_qty=4), ShopNow(2, 0, 1.0)]
    assert set(split(20, shops, SplitRules())) == {Move(1, 4), Move(2, 16)}
