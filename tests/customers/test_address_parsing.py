"""Pasted receivers taken apart; all persons are invented."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.customers.address_parsing import LONGEST, ParsedReceiver, Sureness, parse_receiver
from core.customers.regions import DISTRICT, RegionTable, short_name
from resources.paths import regions_file

TABLE = RegionTable.load(regions_file())
ZHANG = ("张三", "13800001111", "浙江省", "杭州市", "西湖区", "文三路100号2幢301室")


def parsed(text: str) -> ParsedReceiver:
    return parse_receiver(text, TABLE)


def parts(found: ParsedReceiver) -> tuple[str, ...]:
    return (found.name, found.phone, found.province, found.city, found.district, found.address)


@pytest.mark.parametrize(
    "text",
    [
        "张三 13800001111 浙江省杭州市西湖区文三路100号2幢301室",
        "张三,13800001111,浙江省 杭州市 西湖区 文三路100号2幢301室",
        "浙江省杭州市西湖区文三路100号2幢301室 张三 138-0000-1111",
        "张三13800001111浙江省杭州市西湖区文三路100号2幢301室",
        "浙江省杭州市杭州市西湖区文三路100号2幢301室，张三，+86 13800001111",
        "收货人：张三\n手机号码：138 0000 1111\n所在地区：浙江省 杭州市 西湖区\n详细地址：文三路100号2幢301室",
        "地址 浙江省杭州市西湖区文三路100号2幢301室 电话 13800001111 姓名 张三",
        "浙江杭州西湖区文三路100号2幢301室\n张三\n１３８００００１１１１",
        "杭州市西湖区文三路100号2幢301室 张三 13800001111",
        "\u200b张三\u202e 13800001111\r\n浙江省/杭州市/西湖区\r\n文三路100号2幢301室",
    ],
)
def test_one_receiver_however_it_is_written(text):
    found = parsed(text)
    assert parts(found) == ZHANG
    assert found.leftover == ()
    assert found.doubts == ()
    assert found.sureness["phone"] is Sureness.SURE
    assert found.sureness["name"] is not Sureness.MISSING


@pytest.mark.parametrize(
    ("text", "region", "address"),
    [
        ("上海浦东新区世纪大道1号", ("上海市", "上海市", "浦东新区"), "世纪大道1号"),
        ("北京市北京市海淀区中关村南大街5号院", ("北京市", "北京市", "海淀区"), "中关村南大街5号院"),
        ("广东省东莞市长安镇振安路1号", ("广东省", "东莞市", "长安镇"), "振安路1号"),
        ("河南省济源市沁园街道1号", ("河南省", "济源市", ""), "沁园街道1号"),
        ("重庆市彭水苗族土家族自治县汉葭街道1号", ("重庆市", "重庆市", "彭水苗族土家族自治县"), "汉葭街道1号"),
        ("湖北恩施恩施市舞阳坝街道8号", ("湖北省", "恩施土家族苗族自治州", "恩施市"), "舞阳坝街道8号"),
        ("吉林省吉林市船营区解放大路1号", ("吉林省", "吉林市", "船营区"), "解放大路1号"),
        ("江苏省南京市鼓楼区北京西路5号", ("江苏省", "南京市", "鼓楼区"), "北京西路5号"),
        (
            "新疆维吾尔自治区伊犁哈萨克自治州伊宁市解放路1号",
            ("新疆维吾尔自治区", "伊犁哈萨克自治州", "伊宁市"),
            "解放路1号",
        ),
        # A street that is called like a district is no district.
        ("浙江省杭州市西湖大道12号", ("浙江省", "杭州市", ""), "西湖大道12号"),
        ("上海市黄浦区南京东路1号", ("上海市", "上海市", "黄浦区"), "南京东路1号"),
    ],
)
def test_regions_as_people_write_them(text, region, address):
    found = parsed(f"{text} 张三 13800001111")
    assert (found.province, found.city, found.district) == region
    assert found.address == address
    assert found.name == "张三"


def test_a_district_of_two_cities_is_left_to_the_clerk():
    found = parsed("朝阳区建国路88号 刘女士 13800001111")
    assert (found.province, found.city, found.district) == ("", "", "")
    assert found.address == "朝阳区建国路88号"
    assert found.doubts == ("region_two_ways",)
    assert found.sureness["region"] is Sureness.MISSING


def test_a_district_that_was_renamed_is_kept_as_written():
    found = parsed("浙江省杭州市江干区凯旋路1号 张三 13800001111")
    assert (found.district, found.address) == ("江干区", "凯旋路1号")
    assert found.doubts == ("district_unknown",)
    assert found.sureness["region"] is Sureness.GUESS


def test_a_masked_number_is_no_number():
    found = parsed("张** 138****1234 浙江省杭州市***")
    assert found.phone == ""
    assert found.doubts == ("phone_masked",)
    assert found.sureness["phone"] is Sureness.MISSING


def test_a_second_number_is_given_back():
    found = parsed("张三 13800001111 13900002222 浙江省杭州市西湖区文三路1号")
    assert found.phone == "13800001111"
    assert found.leftover == ("13900002222",)
    assert found.doubts == ("phone_second",)
    assert found.sureness["phone"] is Sureness.LIKELY


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13800001111转5678", "13800001111-5678"),
        ("13800001111-5678", "13800001111-5678"),
        ("0571-85001234", "0571-85001234"),
        ("(021)50001234", "021-50001234"),
        ("0432-65551234转802", "0432-65551234-802"),
        ("400-820-8820", "400-820-8820"),
        ("008613800001111", "13800001111"),
    ],
)
def test_numbers(written, number):
    assert parsed(f"张三 {written} 浙江省杭州市西湖区文三路1号").phone == number


@pytest.mark.parametrize(
    "text", ["110101199003071234 张三", "订单2026112400138000011110000", "abc", "", "\n\n,,,", "1380000111"]
)
def test_other_digits_are_no_phone(text):
    assert parsed(text).phone == ""


def test_names_that_are_not_two_or_three_characters():
    at = "13800001111 浙江省杭州市西湖区文三路1号"
    for name in ("欧阳娜娜", "阿依古丽·买买提", "Tom Smith", "小李", "刘女士"):
        assert parsed(f"{name} {at}").name == name
        assert parsed(f"{at} {name}").name == name


def test_kind_words_are_no_part_of_the_street():
    found = parsed("浙江省杭州市西湖区文三路9号 张三 13800001111 谢谢！ 麻烦尽快发")
    assert found.address == "文三路9号"
    assert found.leftover == ("谢谢!", "麻烦尽快发")


def test_the_postcode_is_no_part_of_the_street():
    found = parsed("北京市朝阳区建国路88号SOHO现代城 100022 刘女士 13800001111")
    assert (found.address, found.postcode) == ("建国路88号SOHO现代城", "100022")


def test_what_nobody_understands_is_given_back_and_nothing_is_invented():
    found = parsed("麻烦尽快发货谢谢")
    assert parts(found) == ("",) * 6
    assert found.leftover == ("麻烦尽快发货谢谢",)
    assert set(found.sureness.values()) == {Sureness.MISSING}


@pytest.mark.parametrize(
    "text", ["北京市" * 400, "浙江杭州西湖" * 300, "张三，" * 500, "1" * 5000, "\x01name\x02" * 50, "(" * 2000]
)
def test_hostile_texts_end(text):
    found = parsed(text)
    assert sum(map(len, (*parts(found), *found.leftover))) <= 2 * LONGEST


# --- any receiver, in any of the ways it is written ----------------------------------------------------------

_DISTRICTS = [n for n in range(len(TABLE)) if TABLE.place(n).level == DISTRICT]
_people = st.tuples(
    st.sampled_from("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗"),
    st.sampled_from(["伟", "芳", "秀英", "建国", "梓涵", "思远"]),
).map("".join)
_streets = st.tuples(
    st.sampled_from(["人民路", "解放大道", "文化街", "建设三路"]),
    st.integers(1, 999),
    st.sampled_from(["", "2单元301室", "A座1201"]),
).map(lambda part: f"{part[0]}{part[1]}号{part[2]}")
_phones = st.tuples(st.sampled_from(["133", "138", "159", "186", "199"]), st.integers(0, 99_999_999)).map(
    lambda part: f"{part[0]}{part[1]:08d}"
)
_WAYS = (
    "{name} {phone} {region}{street}",
    "{region}{street} {name} {phone}",
    "{name},{phone},{region} {street}",
    "收货人：{name}\n电话：{phone}\n地址：{region}{street}",
    "{phone}\n{name}\n{region}\n{street}",
)


@settings(max_examples=300, deadline=None)
@given(_people, _phones, st.sampled_from(_DISTRICTS), _streets, st.sampled_from(_WAYS))
def test_every_district_of_the_table_is_understood(name, phone, district, street, way):
    region = TABLE.region(district)
    text = way.format(
        name=name, phone=phone, region=f"{region.province}{region.city}{region.district}", street=street
    )
    found = parsed(text)
    assert parts(found) == (name, phone, region.province, region.city, region.district, street)
    assert found.sureness["region"] is Sureness.SURE


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_taken(text):
    found = parsed(text)
    assert all(isinstance(part, str) for part in parts(found))
    assert not any(ch in "".join(parts(found)) for ch in "\x01\x02\x03\u202e")


def test_short_names():
    assert [short_name(name) for name in ("浙江省", "延边朝鲜族自治州", "浦东新区", "内蒙古自治区", "城区", "市中区")] == [
        "浙江", "延边", "浦东", "内蒙古", "", ""
    ]  # fmt: skip


def test_the_table_is_whole():
    assert len(TABLE) > 3500
    numbers = {TABLE.region(n) for n in range(len(TABLE))}
    assert len(numbers) == len(TABLE), "two places with the same path"
