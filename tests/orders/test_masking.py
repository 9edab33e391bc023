"""What screens show of a person."""

import pytest

from core.customers.masking import masked_address, masked_name, masked_phone


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", ""),
        (" ", ""),
        ("林", "林*"),
        ("林晓", "林*"),
        ("欧阳娜娜", "欧***"),
        ("John Smith", "J***"),
        ("𠮷田", "𠮷*"),
        ("\u202e林晓", "\u202e**"),
    ],
)
def test_a_name_shows_its_first_character(name, shown):
    assert masked_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("", ""),
        ("13800001234", "138******34"),
        ("138-0000-1234", "138-****-**34"),
        ("138****1234", "138****1234"),
        ("0571-88001234", "057*-******34"),
        ("88001234", "******34"),
        ("12345", "*****"),
        ("wechat-lin", "w***"),
        ("+44 20 7946 0018", "+44 2* **** **18"),
    ],
)
def test_a_phone_hides_six_digits_at_least(phone, shown):
    assert masked_phone(phone) == shown
    digits = sum(ch.isdigit() for ch in phone)
    if digits and "*" not in phone:
        assert shown.count("*") >= min(6, digits)


@pytest.mark.parametrize("address", ["练习路1号2幢301室", "Main Street 5", "某村", "x", "五一路十八号院3单元"])
def test_an_address_shows_its_region_and_not_the_door(address):
    shown = masked_address("浙江省", "杭州市", "西湖区", address)
    assert shown.startswith("浙江省 杭州市 西湖区 ")
    assert "***" in shown
    assert shown.removeprefix("浙江省 杭州市 西湖区 ") != address
    assert "301" not in shown


def test_nothing_is_made_of_an_empty_address():
    assert masked_address("", "", "", "") == ""
