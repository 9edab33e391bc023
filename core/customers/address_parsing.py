"""智能识别: from what a buyer pasted into a chat to name, phone, region and street, with how sure each part is.

Nothing is invented: what is not written, or could be read in two ways, stays empty and is named as a doubt, and what
found no place is given back, so that the clerk sees everything the buyer wrote.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from core.customers.regions import CITY, DISTRICT, PROVINCE, Region, RegionTable, Written

#: longer texts are no address; what is beyond is not read
LONGEST = 1000

_LABELS: Mapping[str, str] = {
    "name": "收件人姓名|收货人姓名|收货人|收件人|收货姓名|收件姓名|联系人|姓名|名字|客户",
    "phone": "联系电话|收货电话|收件电话|手机号码|电话号码|手机号|联系方式|手机|电话",
    "region": "所在地区|所在地址|所在区域|省市区|地区",
    "address": "详细地址|收货地址|收件地址|街道地址|收货人地址|地址",
    "postcode": "邮政编码|邮编",
}
_LABEL = re.compile(
    "|".join(rf"(?P<{kind}>{words})\s*[:：]\s*" for kind, words in _LABELS.items())
    # Without a colon only as a word of its own.
    + "|"
    + "|".join(rf"(?:(?<=\s)|^)(?P<{kind}_>{words})\s+" for kind, words in _LABELS.items())
)
_MOBILE = re.compile(
    r"(?<![0-9*])(?:\+?0{0,2}86[-\s]?)?(1[3-9][0-9])[-\s]?([0-9]{4})[-\s]?([0-9]{4})"
    r"(?:(?:\s*转\s*|[-,，]\s?)([0-9]{2,6}))?(?![0-9*])"
)
_FIXED = re.compile(
    r"(?<![0-9*])(?:(?:\(?(0[0-9]{2,3})\)?[-\s]?([2-9][0-9]{6,7})(?:\s*(?:转|-)\s*([0-9]{1,6}))?)"
    r"|([48]00)[-\s]?([0-9]{3,4})[-\s]?([0-9]{3,4}))(?![0-9*])"
)
_MASKED = re.compile(r"(?<![0-9*])1[3-9][0-9]?[0-9*]{0,2}\*{2,}[0-9*]{0,6}(?![0-9*])")
_POSTCODE = re.compile(r"(?<![0-9A-Za-z-])([0-9]{6})(?![0-9A-Za-z号室弄楼栋-])")
_BREAKS = re.compile(r"[\n\t,，;；。|｜]+|\s{2,}")
_BETWEEN = re.compile(r"[\s,，、/·>-]*")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b-\x1f\x7f]")

_STREET = re.compile(
    r"[路街巷弄号室楼幢栋座层村镇乡庄屯组里苑园厦区县市省]|小区|单元|大道|公寓|花园|广场|学校|大学|公司|超市|店|驿站|快递|"
    r"丰巢|柜|社区|大院|[0-9]"
)
#: after a shortened name, these say that it was a street that is only called so
_STREET_FOLLOWS = re.compile(
    r"[东南西北中]{0,2}[一二三四五六七八九十]?(?:路|街|大道|大街|巷|弄|里|村|桥|广场|花园|小区|公寓|大厦|大学|学院|医院|站)"
)
_TITLED = re.compile(r"(?:先生|女士|小姐|太太|老师|阿姨|师傅|同学|经理|老板)$")
_HANZI = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")
_NAME_WITH_DOT = re.compile(r"[\u3400-\u9fff]{1,8}[·•][\u3400-\u9fff]{1,10}(?:[·•][\u3400-\u9fff]{1,8})?")
_LATIN_NAME = re.compile(r"[A-Za-z][A-Za-z .'-]{1,29}")
_DISTRICT_WORDS = re.compile(r"[\u4e00-\u9fff]{1,7}?(?:新区|自治县|区|县|旗)")

#: 百家姓 as they are met today, with the double ones
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
    "谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安"
    "齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳"
    "管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬"
    "边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺"
    "楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸"
    "雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植"
    "衡富尧闭由"
)
#: 小李, 老王, 阿芳
_CALLED_SO = frozenset("小老阿")
_DOUBLE_SURNAMES = frozenset(
    (
        "欧阳",
        "上官",
        "司马",
        "诸葛",
        "夏侯",
        "皇甫",
        "尉迟",
        "公孙",
        "令狐",
        "东方",
        "慕容",
        "司徒",
        "端木",
        "南宫",
        "呼延",
        "闻人",
    )
)


class Sureness(Enum):
    """How far a part can be trusted: `GUESS` wants the clerk's eye, `MISSING` was not written."""

    SURE = "sure"
    LIKELY = "likely"
    GUESS = "guess"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class ParsedReceiver:
    """What was understood.

    Attributes:
        sureness: of `name`, `phone`, `region`, `address`.
        doubts: codes for the screen: `phone_masked`, `phone_second`, `region_two_ways`, `district_unknown`.
        leftover: what the buyer wrote and nothing above holds.
    """

    name: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    address: str = ""
    postcode: str = ""
    sureness: Mapping[str, Sureness] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    leftover: tuple[str, ...] = ()


def parse_receiver(text: str, regions: RegionTable) -> ParsedReceiver:
    """Take a pasted text apart; any text is taken, none raises."""
    return _Parser(_cleaned(text), regions).run()


def _cleaned(text: str) -> str:
    """Full-width digits, letters and blanks as ordinary ones, without what cannot be seen."""
    text = unicodedata.normalize("NFKC", text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n"))
    return _INVISIBLE.sub("", text)


class _Chain(NamedTuple):
    """Names of regions that stand behind one another and lie in one another."""

    number: int
    start: int
    end: int
    score: int
    is_full: bool
    levels: tuple[int, ...]


class _Token(NamedTuple):
    """A piece of the text; `label` says what stood before it, `line` how many breaks came before."""

    text: str
    label: str
    is_by_phone: bool
    is_before_region: bool


class _Parser:
    def __init__(self, text: str, regions: RegionTable) -> None:
        self._text = text
        self._regions = regions
        self._doubts: list[str] = []
        self._sureness: dict[str, Sureness] = {}

    def run(self) -> ParsedReceiver:
        text = _LABEL.sub(lambda match: f"\n\x01{_label_of(match)}\x02", self._text)
        text, phone = self._take_phone(text)
        text, postcode = self._take_postcode(text)
        chain = self._best_chain(text)
        region, after = (Region(), "")
        before = text
        if chain is not None:
            region = self._region(chain, text)
            before, after = text[: chain.start], text[chain.end :]
            region, after = self._unknown_district(region, after)
        else:
            self._sureness["region"] = Sureness.MISSING
        tokens = [*_tokens(before, is_before=chain is not None), *_tokens(after, is_before=False)]
        name, rest = self._take_name(tokens)
        address, leftover = self._address(rest, has_region=chain is not None)
        return ParsedReceiver(
            name=name,
            phone=phone,
            province=region.province,
            city=region.city,
            district=region.district,
            address=address,
            postcode=postcode,
            sureness=dict(self._sureness),
            doubts=tuple(dict.fromkeys(self._doubts)),
            leftover=leftover,
        )

    # --- numbers ------------------------------------------------------------------------------------------------

    def _take_phone(self, text: str) -> tuple[str, str]:
        mobiles = list(_MOBILE.finditer(text))
        numbers = [*mobiles, *_FIXED.finditer(text)]
        if not numbers:
            masked = _MASKED.search(text)
            self._sureness["phone"] = Sureness.MISSING
            if masked is None:
                return text, ""
            self._doubts.append("phone_masked")
            return _cut(text, masked), ""
        if len({_number(match) for match in numbers}) > 1:
            self._doubts.append("phone_second")
        first = numbers[0]
        several = len({_number(match) for match in mobiles or numbers}) > 1
        self._sureness["phone"] = Sureness.LIKELY if several or not mobiles else Sureness.SURE
        # The same number written twice goes both times; another one stays for the clerk to see.
        for match in sorted(numbers, key=lambda found: -found.start()):
            if _number(match) == _number(first):
                text = _cut(text, match)
        return text, _number(first)

    def _take_postcode(self, text: str) -> tuple[str, str]:
        match = re.search("\x01postcode\x02\\s*([0-9]{6})", text) or _POSTCODE.search(text)
        return (text, "") if match is None else (_cut(text, match), match[1])

    # --- region -------------------------------------------------------------------------------------------------

    def _best_chain(self, text: str) -> _Chain | None:
        chains = [chain for start in range(len(text)) for chain in self._chains(text, start)]
        if not chains:
            return None
        top = max(chain.score for chain in chains)
        best = [chain for chain in chains if chain.score == top]
        first = min(best, key=lambda chain: (chain.start, -chain.end))
        others = {self._regions.region(chain.number) for chain in best if chain.start == first.start}
        if len(others) > 1:
            # 朝阳区 alone lies in two cities.
            self._doubts.append("region_two_ways")
            return None
        return first

    def _chains(self, text: str, start: int) -> Iterator[_Chain]:
        for written in self._regions.written_at(text, start):
            end = start + written.length
            yield from self._longer(text, written, _Chain(written.number, start, end, 0, True, ()))

    def _longer(self, text: str, written: Written, chain: _Chain) -> Iterator[_Chain]:
        """The chain with this name at its end, and every chain that goes on from it."""
        place = self._regions.place(written.number)
        if not written.is_full and _STREET_FOLLOWS.match(text, chain.end):
            return
        weight = (3, 3, 4)[place.level] * (2 if written.is_full else 1)
        grown = _Chain(
            written.number,
            chain.start,
            chain.end,
            chain.score + weight,
            chain.is_full and written.is_full,
            (*chain.levels, place.level),
        )
        if grown.is_full or len(grown.levels) > 1 or place.level != DISTRICT:
            yield grown
        gap = _BETWEEN.match(text, chain.end)
        at = gap.end() if gap else chain.end
        for further in self._regions.written_at(text, at):
            goes_on = self._regions.lies_in(further.number, written.number)
            is_repeated = further.number == written.number
            # 北京市北京市, and 浙江省杭州市杭州市: the same written twice.
            if goes_on:
                yield from self._longer(text, further, grown._replace(end=at + further.length))
            elif is_repeated and further.is_full:
                yield from self._further_from(text, grown._replace(end=at + further.length))

    def _further_from(self, text: str, chain: _Chain) -> Iterator[_Chain]:
        yield chain
        gap = _BETWEEN.match(text, chain.end)
        at = gap.end() if gap else chain.end
        for further in self._regions.written_at(text, at):
            if self._regions.lies_in(further.number, chain.number):
                yield from self._longer(text, further, chain._replace(end=at + further.length))

    def _region(self, chain: _Chain, text: str) -> Region:
        is_clean = text[max(0, chain.start - 1) : chain.start] in {"", "\n", "\x02", " ", ",", "，"}
        if self._is_whole(chain):
            sure = Sureness.SURE
        elif len(chain.levels) > 1:
            sure = Sureness.LIKELY if is_clean or chain.is_full else Sureness.GUESS
        else:
            sure = Sureness.LIKELY if chain.is_full and chain.levels != (PROVINCE,) else Sureness.GUESS
        self._sureness["region"] = sure
        return self._regions.region(chain.number)

    def _is_whole(self, chain: _Chain) -> bool:
        """Whether every level stands there in full: Beijing needs no city below it, Jiyuan has no districts."""
        region = self._regions.region(chain.number)
        needed = {DISTRICT} if self._regions.place(chain.number).level == DISTRICT else {CITY}
        if region.province != region.city:
            needed.add(CITY)
        goes_on = DISTRICT not in needed and self._regions.has_parts(chain.number)
        return chain.is_full and needed <= set(chain.levels) and not goes_on and len(chain.levels) > 1

    def _unknown_district(self, region: Region, after: str) -> tuple[Region, str]:
        """A district that is written but not in the table (renamed, or new) is kept as it was written."""
        if not region.city or region.district:
            return region, after
        match = _DISTRICT_WORDS.match(after.lstrip())
        if match is None or _STREET.search(match[0][:-1]):
            return region, after
        self._doubts.append("district_unknown")
        self._sureness["region"] = Sureness.GUESS
        return Region(region.province, region.city, match[0]), after.lstrip()[match.end() :]

    # --- name and street ----------------------------------------------------------------------------------------

    def _take_name(self, tokens: Sequence[_Token]) -> tuple[str, list[_Token]]:
        scored = [(_name_score(token), -place) for place, token in enumerate(tokens)]
        if not scored or max(scored)[0] < _NAME_AT_LEAST:
            self._sureness["name"] = Sureness.MISSING
            return "", list(tokens)
        score, place = max(scored)
        chosen = tokens[-place]
        self._sureness["name"] = (
            Sureness.SURE if score >= _NAME_SURE else Sureness.LIKELY if score >= _NAME_LIKELY else Sureness.GUESS
        )
        return chosen.text, [token for token in tokens if token is not chosen]

    def _address(self, tokens: Sequence[_Token], *, has_region: bool) -> tuple[str, tuple[str, ...]]:
        labelled = [token for token in tokens if token.label in {"address", "region"}]
        if has_region:
            mine = [token for token in tokens if not token.is_before_region or token in labelled]
        else:
            streets = [token for token in tokens if _STREET.search(token.text)]
            mine = labelled or streets
        mine = [token for token in mine if not _NO_STREET.fullmatch(token.text)]
        leftover = tuple(token.text for token in tokens if token not in mine)
        street = ""
        for token in mine:
            is_latin = street[-1:].isascii() and street[-1:].isalnum() and token.text[:1].isascii()
            street += f" {token.text}" if street and is_latin else token.text
        if not street:
            self._sureness["address"] = Sureness.MISSING
        elif not _STREET.search(street):
            self._sureness["address"] = Sureness.GUESS
        else:
            self._sureness["address"] = Sureness.SURE if has_region else Sureness.GUESS
        return street, leftover


#: a second telephone number, or a kind word, is nothing a courier reads as a street
_NO_STREET = re.compile(r"[0-9-]{7,}|(?:谢谢|多谢|麻烦|辛苦|请|亲|尽快|急).{0,20}")
_NAME_AT_LEAST, _NAME_LIKELY, _NAME_SURE = 30, 50, 70


def _name_score(token: _Token) -> int:
    """How much a piece looks like a person's name; at least `_NAME_AT_LEAST` to count as one."""
    text = token.text
    if token.label == "name":
        return 100
    if token.label:
        return 0
    is_titled = _TITLED.search(text) is not None
    if (is_titled and len(text) <= 6) or _NAME_WITH_DOT.fullmatch(text):
        score = 60
    elif _HANZI.fullmatch(text) and 2 <= len(text) <= 4:
        surname = text[1:] if text[0] in _CALLED_SO else text
        score = 50 if surname[0] in _SURNAMES or surname[:2] in _DOUBLE_SURNAMES else 25
    elif _LATIN_NAME.fullmatch(text):
        score = 35 if " " in text else 25
    else:
        return 0
    if _STREET.search(text[1:]) and not is_titled:
        score -= 45
    score += 20 if token.is_by_phone else 0
    score += 15 if token.is_before_region else 0
    return score


#: a blank parts Chinese words; Latin ones belong together
_BLANK = re.compile(r"(?<![A-Za-z0-9.]) | (?![A-Za-z0-9])")


def _tokens(text: str, *, is_before: bool) -> Iterator[_Token]:
    """The pieces of a text, each with the label before it."""
    for line in _BREAKS.split(text):
        label = ""
        for piece in re.split("(\x01[a-z]+\x02)", line):
            if piece.startswith("\x01"):
                label = piece[1:-1]
                continue
            for word in _BLANK.split(piece):
                is_by_phone = "\x03" in word
                bare = word.replace("\x03", "").strip(" .、:：-_()（）\"'“”")
                if bare:
                    yield _Token(bare, label, is_by_phone, is_before)


def _label_of(match: re.Match[str]) -> str:
    return str(match.lastgroup or "").rstrip("_")


def _number(match: re.Match[str]) -> str:
    if match.re is _MOBILE:
        extension = f"-{match[4]}" if match[4] else ""
        return f"{match[1]}{match[2]}{match[3]}{extension}"
    if match[1]:
        return f"{match[1]}-{match[2]}" + (f"-{match[3]}" if match[3] else "")
    return f"{match[4]}-{match[5]}-{match[6]}"


def _cut(text: str, match: re.Match[str]) -> str:
    """The text without a number; what stood beside it is marked, for a name often does."""
    return f"{text[: match.start()].rstrip(' ')}\x03\n\x03{text[match.end() :].lstrip(' ')}"
