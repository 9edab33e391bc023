"""Pinduoduo's signature against every published vector."""

import random

import pytest

from core.channels.pdd.signature import signature_of

SECRET = "a1b2c3d4e5f60718293a4b5c6d7e8f9012345678"
VECTORS = {
    "official": (
        "testSecret",
        {
            "access_token": "asd78172s8ds9a921j9qqwda12312w1w21211",
            "client_id": "1",
            "data_type": "XML",
            "order_status": "1",
            "page": "1",
            "page_size": "10",
            "timestamp": "1480411125",
            "type": "pdd.order.number.list.get",
        },
        "E4DE3ED21002510DED352819E7AE6775",
    ),
    "changes": (
        SECRET,
        {
            "access_token": "tok-0001",
            "client_id": "0123456789abcdef0123456789abcdef",
            "data_type": "JSON",
            "end_updated_at": "1767837420",
            "is_lucky_flag": "0",
            "order_status": "5",
            "page": "1",
            "page_size": "100",
            "refund_status": "5",
            "start_updated_at": "1767835800",
            "timestamp": "1767837600",
            "type": "pdd.order.number.list.increment.get",
            "use_has_next": "true",
            "version": "V1",
        },
        "E97C69C3F0DB552C5F15E5A330640D0B",
    ),
    "note": (
        SECRET,
        {
            "access_token": "t",
            "client_id": "cid",
            "data_type": "JSON",
            "note": "加急 发顺丰",
            "order_sn": "260108-000000000000001",
            "timestamp": "1767837600",
            "type": "pdd.order.note.update",
        },
        "29AE779340F00768F62FD56C366A33EB",
    ),
}


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_the_signature_equals_the_published_one(name: str) -> None:
    secret, params, sign = VECTORS[name]

    assert signature_of(secret, params) == sign
    shuffled = list(params.items())
    random.Random(name).shuffle(shuffled)
    assert signature_of(secret, dict(shuffled)) == sign


def test_every_parameter_and_the_secret_count() -> None:
    secret, params, sign = VECTORS["note"]

    assert signature_of(f"{secret}x", params) != sign
    for left_out in params:
        rest = {name: value for name, value in params.items() if name != left_out}
        assert signature_of(secret, rest) != sign
