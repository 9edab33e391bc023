"""China's provinces, cities and districts, and how people write them: in full, in short, with a level left out."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

PROVINCE, CITY, DISTRICT = range(3)

_PEOPLES = (
    "蒙古族|蒙古|回族|藏族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族|哈萨克|傣族|黎族|"
    "傈僳族|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|毛南族|仡佬族|锡伯|"
    "普米族|塔吉克|怒族|鄂温克族|裕固族|保安族|独龙族|各族"
)
_SHORT = re.compile(
    rf"(?P<short>.{{2,}}?)(?:{_PEOPLES})*"
    r"(?:特别行政区|自治区|自治州|自治县|自治旗|地区|新区|林区|特区|矿区|街道|省|市|盟|县|区|旗|镇|乡)"
)
#: what would be found inside half of all addresses says nothing when it stands alone
_NO_NAMES = frozenset(
    {"市中", "市辖", "城中", "城关", "城厢", "新城", "开发", "其它", "河东", "河西", "江北", "江南"}
)


class Place(NamedTuple):
    """One province, city or district; `parent` is the number of the one it lies in, -1 for provinces."""

    name: str
    level: int
    parent: int


class Written(NamedTuple):
    """A place as it was written: its number in the table, how many characters, whether in full."""

    number: int
    length: int
    is_full: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A place with those it lies in; what is not known is empty."""

    province: str = ""
    city: str = ""
    district: str = ""


class RegionTable:
    """All places, found by any of their names."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = tuple(places)

    @classmethod
    def load(cls, path: Path) -> "RegionTable":
        """Read the table drawn by `resources/regions`: `[[province, [[city, [district, ...]], ...]], ...]`.

        Raises:
            OSError, ValueError: the file is not there, or is no such table.
        """
        return cls.of(json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def of(cls, tree: Sequence[tuple[str, Sequence[tuple[str, Sequence[str]]]]]) -> "RegionTable":
        """The table of a tree as `load` reads it."""
        places: list[Place] = []
        for province, cities in tree:
            places.append(Place(province, PROVINCE, -1))
            top = len(places) - 1
            for city, districts in cities:
                places.append(Place(city, CITY, top))
                middle = len(places) - 1
                places.extend(Place(district, DISTRICT, middle) for district in districts)
        return cls(places)

    def __len__(self) -> int:
        return len(self._places)

    def place(self, number: int) -> Place:
        """The place with this number."""
        return self._places[number]

    def lies_in(self, number: int, other: int) -> bool:
        """Whether a place lies in another one, directly or not."""
        parent = self._places[number].parent
        return parent >= 0 and (parent == other or self.lies_in(parent, other))

    def has_parts(self, number: int) -> bool:
        """Whether the table knows anything that lies in this place."""
        return number in self._parents

    def region(self, number: int) -> Region:
        """The place with all it lies in."""
        names = {PROVINCE: "", CITY: "", DISTRICT: ""}
        while number >= 0:
            place = self._places[number]
            names[place.level], number = place.name, place.parent
        return Region(names[PROVINCE], names[CITY], names[DISTRICT])

    def written_at(self, text: str, start: int) -> Iterator[Written]:
        """Every place whose name stands at this place of a text, the longest name first."""
        for length in range(min(self._longest, len(text) - start), 1, -1):
            for number, is_full in self._by_name.get(text[start : start + length], ()):
                yield Written(number, length, is_full)

    @cached_property
    def _by_name(self) -> Mapping[str, Sequence[tuple[int, bool]]]:
        found: dict[str, list[tuple[int, bool]]] = {}
        for number, place in enumerate(self._places):
            found.setdefault(place.name, []).append((number, True))
            short = short_name(place.name)
            if short and short != place.name:
                found.setdefault(short, []).append((number, False))
        return found

    @cached_property
    def _parents(self) -> frozenset[int]:
        return frozenset(place.parent for place in self._places)

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._by_name), default=0)


def short_name(name: str) -> str:
    """How a place is called in short (`浙江`, `延边`, `浦东`); empty where that would say nothing."""
    match = _SHORT.fullmatch(name)
    short = match["short"] if match else ""
    return "" if short in _NO_NAMES else short
