import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printing.masking import mask_address, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("欧阳锋", "欧*锋"),
        ("司马相如", "司**如"),
        ("张", "*"),
        ("", ""),
        ("  ", ""),
        ("张 三", "张*"),
        ("阿·提", "阿*"),
        ("John Smith", "J***"),
        ("张先生", "张*生"),
        ("𠮷野", "𠮷*"),
        ("Ａｎｎ", "A***"),
    ],
)
def test_a_name_hides_at_least_one_hanzi(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138******78"),
        ("138 1234 5678", "138******78"),
        ("138-1234-5678", "138******78"),
        ("+86 13812345678", "138******78"),
        ("+86-138-1234-5678", "138******78"),
        ("8613812345678", "138******78"),
        ("１３８１２３４５６７８", "138******78"),
        ("138****5678", "138******78"),
        ("010-12345678", "010-******78"),
        ("0571-8765432", "0571-******2"),
        ("057187654321", "0571-******21"),
        ("0571-87654321-801", "0571-******21-801"),
        ("13800001234-5678", "13800001234-5678"),
        ("13800001234转5678", "13800001234转5678"),
        ("13800001234,5678", "13800001234,5678"),
        ("95013123456-789", "95013123456-789"),
        ("13812345678/13987654321", "138******78/139******21"),
        ("12345", "*****"),
        ("", ""),
        ("电话13812345678谢谢", "13*******78"),
    ],
)
def test_a_phone_hides_at_least_six_digits(phone, shown):
    assert mask_phone(phone) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("文三路138号东方公寓3幢2单元501室", "文三路138号东方公寓**"),
        ("文三路138号 东方公寓 3号楼1203", "文三路138号 东方公寓**"),
        ("示例大道100号示例花园3栋2单元1201室", "示例大道100号示例花园**"),
        ("幸福小区十二号楼", "幸福小区**"),
        ("幸福小区3-2-501", "幸福小区**"),
        ("幸福小区 A座1203", "幸福小区**"),
        ("幸福小区 1203", "幸福小区**"),
        ("中山路88号", "中山路88号"),
        ("李家村村委会旁", "李家村村委会旁"),
        ("科技园Ｂ栋８层", "科技园**"),
        ("", ""),
    ],
)
def test_an_address_hides_building_unit_and_room(address, shown):
    assert mask_address(address) == shown


pieces = st.sampled_from(
    [
        *"张三欧阳路号楼栋幢座单元室层户弄村",
        "138",
        "12345678",
        "13812345678",
        "-",
        "转",
        " ",
        "*",
        "**",
        "0571",
        "A",
        "B座",
        "/",
        "+86",
    ]
)
texts = st.lists(pieces, max_size=12).map("".join) | st.text(max_size=30)


@pytest.mark.parametrize("mask", [mask_name, mask_phone, mask_address])
@given(text=texts)
def test_masking_again_changes_nothing(mask, text):
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize("mask", [mask_name, mask_phone, mask_address])
@pytest.mark.parametrize("piece", ["1", "1-", "/", "路1", "ﷺ", " ", "*"])
def test_an_absurdly_long_text_is_masked_at_once_and_only_once(mask, piece):
    shown = mask(piece * 100_000)
    assert len(shown) <= 602
    assert mask(shown) == shown


@given(text=texts)
def test_no_name_comes_through_whole(text):
    letters = [char for char in text if char.isalnum()]
    shown = mask_name(text)
    if letters:
        assert sum(char.isalnum() for char in shown) < max(len(letters), 2)
        assert "*" in shown


@given(text=texts)
def test_no_eleven_digits_in_a_row_survive_unless_they_are_a_virtual_number(text):
    for part in mask_phone(text).split("/"):
        if re.search(r"\d{7}", part):
            assert re.fullmatch(r"(1\d{10}|(400|95)\d{3,13})[-转,#(]\d{2,6}\)?", part)


@given(text=st.text(alphabet="路小区3A", max_size=8), room=st.integers(1, 9999))
def test_no_room_number_survives(text, room):
    assert f"{room}室" not in mask_address(f"{text}{room}室")
