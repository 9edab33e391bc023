"""Invented buyers and places for practice orders. No name, number or house here is anybody's."""

import random
from dataclasses import dataclass

_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
_GIVEN = (
    "练习",
    "小满",
    "谷雨",
    "立夏",
    "白露",
    "小雪",
    "春分",
    "芒种",
    "晴空",
    "云朵",
    "星河",
    "木槿",
    "青禾",
    "半夏",
    "知秋",
    "听雨",
    "小麦",
    "豆豆",
    "糯米",
    "桃桃",
    "可乐",
    "山药",
)
_PLACES = (
    ("广东省", "深圳市", "南山区"),
    ("广东省", "广州市", "天河区"),
    ("浙江省", "杭州市", "余杭区"),
    ("浙江省", "义乌市", "福田街道"),
    ("江苏省", "苏州市", "工业园区"),
    ("江苏省", "南京市", "江宁区"),
    ("上海市", "上海市", "浦东新区"),
    ("北京市", "北京市", "朝阳区"),
    ("天津市", "天津市", "滨海新区"),
    ("重庆市", "重庆市", "渝北区"),
    ("四川省", "成都市", "武侯区"),
    ("湖北省", "武汉市", "洪山区"),
    ("湖南省", "长沙市", "岳麓区"),
    ("河南省", "郑州市", "金水区"),
    ("山东省", "青岛市", "市南区"),
    ("福建省", "厦门市", "思明区"),
    ("陕西省", "西安市", "雁塔区"),
    ("辽宁省", "沈阳市", "和平区"),
    ("黑龙江省", "哈尔滨市", "南岗区"),
    ("云南省", "昆明市", "五华区"),
    ("广西壮族自治区", "南宁市", "青秀区"),
    ("内蒙古自治区", "呼和浩特市", "赛罕区"),
    ("新疆维吾尔自治区", "乌鲁木齐市", "天山区"),
    ("西藏自治区", "拉萨市", "城关区"),
    ("海南省", "海口市", "美兰区"),
)
_ROADS = ("练习路", "样例大道", "示范街", "演练巷", "虚构大街")
_ESTATES = ("云朵花园", "星河小区", "麦田公寓", "青禾苑", "木棉里")


@dataclass(frozen=True, slots=True)
class Receiver:
    """Name, phone and address as a buyer types them."""

    name: str
    phone: str
    province: str
    city: str
    district: str
    address: str
    postcode: str = ""


def invented_receiver(chance: random.Random) -> Receiver:
    """A receiver who does not exist: 1380000xxxx is the number range of examples."""
    province, city, district = chance.choice(_PLACES)
    house = (
        f"{chance.choice(_ROADS)}{chance.randint(1, 999)}号{chance.choice(_ESTATES)}"
        f"{chance.randint(1, 30)}栋{chance.randint(101, 2806)}室"
    )
    name = chance.choice(_FAMILY) + chance.choice(_GIVEN)
    return Receiver(name, f"1380000{chance.randint(0, 9999):04d}", province, city, district, house)
