"""The three signatures of Taobao's gateway: every published vector, and what they must not depend on."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.channels.taobao.signature import SignMethod, sign

A = {
    "app_key": "12345678",
    "fields": "num_iid,title,nick,price,num",
    "format": "json",
    "method": "taobao.item.seller.get",
    "num_iid": "11223344",
    "session": "test",
    "timestamp": "2016-01-01 12:00:00",
    "v": "2.0",
}
B = {
    "app_key": "12345678",
    "end_modified": "2026-01-08 09:30:00",
    "fields": "tid,status,payment,orders",
    "format": "json",
    "method": "taobao.trades.sold.increment.get",
    "page_no": "1",
    "page_size": "50",
    "session": "6100test",
    "start_modified": "2026-01-08 09:00:00",
    "timestamp": "2026-01-08 09:30:00",
    "use_has_next": "true",
    "v": "2.0",
}
C = {
    "app_key": "12345678",
    "flag": "1",
    "format": "json",
    "memo": "加急:发顺丰 A&B=1",
    "method": "taobao.trade.memo.update",
    "session": "6100test",
    "tid": "2231958349",
    "timestamp": "2026-01-08 09:30:00",
    "v": "2.0",
}
MD5, HMAC, SHA = SignMethod.MD5, SignMethod.HMAC_MD5, SignMethod.HMAC_SHA256
VECTORS = [
    (A, MD5, "66987CB115214E59E6EC978214934FB8"),
    (A, HMAC, "D56D7858309C31B6251083A874D48273"),
    (A, SHA, "04DB15AD0774D5CFCE2C837DE43E3FCEA9011ED74F3038FB6AB5F3C4CEA119E8"),
    (B, MD5, "92E362CC9C9158934BCCE88ACB3D16F6"),
    (B, HMAC, "745FE8F7B076FB89FF0BE80C731848B2"),
    (B, SHA, "81AAE2824EF75AB6E818B68D401D233B0263306AAB1406D69FB1221EC9F9794A"),
    (C, MD5, "1A37B32B16D8A0A41456A5F159D0F406"),
    (C, HMAC, "6CCA28334FAAA91D8C9ECFD7A1FBC514"),
    (C, SHA, "8F30E1B5073F4897A57DF88BF0CE12AB03CDF815A0904D46FF8E497C3A2EC46E"),
]


@pytest.mark.parametrize(("params", "method", "expected"), VECTORS)
def test_the_published_signatures_come_out(params: dict[str, str], method: SignMethod, expected: str) -> None:
    assert sign("helloworld", {**params, "sign_method": method.value}, method) == expected


@pytest.mark.parametrize("method", list(SignMethod))
def test_names_are_sorted_by_their_code_points(method: SignMethod) -> None:
    in_order = {"foo": "1", "foo_bar": "2", "foobar": "3"}
    assert sign("s", dict(reversed(in_order.items())), method) == sign("s", in_order, method)
    assert sign("s", {"foo": "1", "foo_bar": "2"}, method) != sign("s", {"foo": "1foo", "_bar": "2"}, method)


@given(
    st.dictionaries(st.text(min_size=1), st.text(), max_size=6),
    st.sampled_from(list(SignMethod)),
    st.randoms(use_true_random=False),
)
def test_neither_order_nor_what_is_empty_matters(
    params: dict[str, str], method: SignMethod, chance: random.Random
) -> None:
    params.pop("sign", None)
    shuffled = list(params.items())
    chance.shuffle(shuffled)
    padded = {**dict(shuffled), "sign": "whatever"}
    padded |= {name: "" for name in ("zz_empty", "aa_empty") if name not in params}

    assert sign("密钥", padded, method) == sign("密钥", params, method)
