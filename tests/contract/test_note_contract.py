"""What every channel must do whose seller's notes we may write."""

import pytest

from core.channels.contract import UNKNOWN_ORDER
from core.channels.shop_contract import Flag, NoteChannel
from core.orders.noting import Note
from core.runtime.remote_errors import Rejected
from tests.contract.platform_stand import PlatformStand


@pytest.fixture
def noter(platform: PlatformStand) -> NoteChannel:
    if not isinstance(platform.channel, NoteChannel):
        pytest.skip("this platform's notes are not written from here")
    assert platform.channel.capabilities.writes_notes
    return platform.channel


def paid(platform: PlatformStand) -> str:
    no = platform.place()
    platform.pay(no)
    return no


def told(platform: PlatformStand, no: str) -> tuple[str, str | None]:
    order = platform.channel.get_order(no)
    assert order is not None
    return order.seller_note, order.seller_flag


def test_a_note_is_written_and_read_back(platform: PlatformStand, noter: NoteChannel) -> None:
    no = paid(platform)
    text = "加急:发顺丰 A&B=1 <b>+%\"'"

    for _ in range(2):
        noter.write_note(no, text)

    assert told(platform, no)[0] == text == platform.seller_note_of(no)


def test_a_note_of_several_lines_comes_back_as_it_is_known_by(platform: PlatformStand, noter: NoteChannel) -> None:
    no = paid(platform)
    text = "第一行\n第二行"

    noter.write_note(no, text)

    assert Note(*told(platform, no)).is_same(Note(text, None))


def test_a_flag_is_set_and_left_alone(platform: PlatformStand, noter: NoteChannel) -> None:
    no = paid(platform)

    noter.write_note(no, "一", Flag.RED)
    first = told(platform, no)
    noter.write_note(no, "二")
    second = told(platform, no)

    assert first[0] == "一"
    assert second[0] == "二"
    assert first[1] == second[1]
    # A platform that has no flags, or never names them, must not seem to take one away that is kept here.
    assert first[1] in ((Flag.RED, None) if platform.channel.capabilities.writes_flags else (None,))


@pytest.mark.parametrize("flag", list(Flag))
def test_every_flag_is_taken(platform: PlatformStand, noter: NoteChannel, flag: Flag) -> None:
    no = paid(platform)

    noter.write_note(no, "备注", flag)

    seen = told(platform, no)
    assert seen[0] == "备注"
    # Exactly: a reply that was lost is recognised by it.
    assert seen[1] in (flag, None)


def test_a_note_that_is_too_long_is_refused(platform: PlatformStand, noter: NoteChannel) -> None:
    no = paid(platform)
    noter.write_note(no, "短")

    with pytest.raises(Rejected) as caught:
        noter.write_note(no, "长" * 10_000)

    assert caught.value.code == "note_too_long"
    assert told(platform, no)[0] == "短"


def test_an_order_nobody_knows_takes_no_note(platform: PlatformStand, noter: NoteChannel) -> None:
    with pytest.raises(Rejected) as caught:
        noter.write_note("1", "备注")

    assert caught.value.code == UNKNOWN_ORDER
