"""The data key comes back by keyring, by key file and by recovery code, and by nothing else."""

import json
import os
import stat
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null

from core.db.cipher import AesCipher, DamagedValue, Digester
from core.db.key_sources import FileSource, KeyringSource, safe_backend
from core.db.keys import (
    KEYS_FILE,
    DataKey,
    adopt_key,
    confirm_recovery_code,
    create_key,
    is_recovery_confirmed,
    load_key,
    open_with_code,
    read_keys,
    recovery_part,
    renew_recovery_code,
    unlock_with_code,
)
from core.db.recovery_code import new_recovery_code, read_recovery_code
from core.runtime.errors import Refused, Unavailable


class SafeKeyring(KeyringBackend):
    """An honest keyring in memory."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password


class PlaintextKeyring(SafeKeyring):
    pass


class AltKeyring(SafeKeyring):
    pass


AltKeyring.__module__ = "keyrings.alt.file"


class StuckKeyring(SafeKeyring):
    def __init__(self):
        super().__init__()
        self.released = threading.Event()

    def get_password(self, service, username):
        self.released.wait(20)


def test_the_key_comes_back_from_the_keyring_and_the_folder_holds_no_secret(tmp_path):
    backend = SafeKeyring()
    made = create_key(tmp_path, KeyringSource(backend))
    assert load_key(tmp_path, KeyringSource(backend)) == made.key
    text = (tmp_path / KEYS_FILE).read_text()
    assert made.recovery_code not in text
    assert made.key.value.hex() not in text
    assert stat.S_IMODE((tmp_path / KEYS_FILE).stat().st_mode) == 0o600
    assert made.recovery_code not in repr(made)


def test_another_machine_opens_it_with_the_code_and_then_by_itself(tmp_path):
    made = create_key(tmp_path, KeyringSource(SafeKeyring()))
    other = KeyringSource(SafeKeyring())
    with pytest.raises(Refused) as caught:
        load_key(tmp_path, other)
    assert caught.value.code == "key.recovery_needed"
    assert unlock_with_code(tmp_path, made.recovery_code.lower(), other) == made.key
    assert load_key(tmp_path, other) == made.key


def test_a_foreign_code_is_told_from_a_mistyped_one(tmp_path):
    create_key(tmp_path, KeyringSource(SafeKeyring()))
    with pytest.raises(Refused) as caught:
        open_with_code(read_keys(tmp_path), new_recovery_code())
    assert caught.value.code == "key.code_wrong"


def test_a_new_code_replaces_the_old_one(tmp_path):
    made = create_key(tmp_path, KeyringSource(SafeKeyring()))
    code = renew_recovery_code(tmp_path, made.key)
    assert open_with_code(read_keys(tmp_path), code) == made.key
    with pytest.raises(Refused):
        open_with_code(read_keys(tmp_path), made.recovery_code)


def test_confirming_needs_the_code_itself(tmp_path):
    made = create_key(tmp_path, KeyringSource(SafeKeyring()))
    assert not is_recovery_confirmed(tmp_path)
    with pytest.raises(Refused):
        confirm_recovery_code(tmp_path, new_recovery_code())
    assert not is_recovery_confirmed(tmp_path)
    confirm_recovery_code(tmp_path, made.recovery_code)
    assert is_recovery_confirmed(tmp_path)


def test_a_key_is_never_replaced_by_a_new_one(tmp_path):
    source = KeyringSource(SafeKeyring())
    made = create_key(tmp_path, source)
    with pytest.raises(Refused) as caught:
        create_key(tmp_path, source)
    assert caught.value.code == "key.exists"
    assert load_key(tmp_path, source) == made.key


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 1, "key_id": "a"}'])
def test_a_damaged_key_file_is_told(tmp_path, content):
    (tmp_path / KEYS_FILE).write_bytes(content)
    with pytest.raises(Refused) as caught:
        read_keys(tmp_path)
    assert caught.value.code == "key.damaged"


def test_a_changed_wrap_does_not_open(tmp_path):
    source = KeyringSource(SafeKeyring())
    create_key(tmp_path, source)
    ring = json.loads((tmp_path / KEYS_FILE).read_text())
    ring["keyring"], ring["recovery"] = ring["recovery"], ring["keyring"] | {"kdf": "scrypt"}
    (tmp_path / KEYS_FILE).write_text(json.dumps(ring))
    with pytest.raises(Refused) as caught:
        load_key(tmp_path, source)
    assert caught.value.code == "key.recovery_needed"
    with pytest.raises(Refused):
        open_with_code(read_keys(tmp_path), new_recovery_code())


def test_a_key_file_cannot_ask_for_all_memory(tmp_path):
    made = create_key(tmp_path, KeyringSource(SafeKeyring()))
    ring = read_keys(tmp_path)
    ring["recovery"]["n"] = 2**30
    with pytest.raises(Refused) as caught:
        open_with_code(ring, made.recovery_code)
    assert caught.value.code == "key.damaged"


# --- the recovery code ----------------------------------------------------------------------


def test_the_code_forgives_how_it_is_typed():
    right = new_recovery_code()
    for typed in (
        right.lower(),
        right.replace("-", ""),
        right.replace("-", " "),
        right.replace("0", "O").replace("1", "l"),
        "".join(chr(ord(letter) + 0xFEE0) if letter != "-" else "－" for letter in right),
    ):
        assert read_recovery_code(typed) == right


@given(st.integers(0, 7), st.integers(0, 4), st.integers(1, 31))
def test_one_wrong_character_names_its_group(group, place, shift):
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    groups = new_recovery_code().split("-")
    letter = alphabet[(alphabet.index(groups[group][place]) + shift) % 32]
    groups[group] = groups[group][:place] + letter + groups[group][place + 1 :]
    with pytest.raises(Refused) as caught:
        read_recovery_code("-".join(groups))
    assert caught.value.code == "key.code_typo"
    assert caught.value.facts["groups"] == [group + 1]


@given(st.integers(0, 7), st.integers(0, 3))
def test_two_swapped_characters_are_seen(group, place):
    groups = new_recovery_code().split("-")
    swapped = list(groups[group])
    swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
    if "".join(swapped) == groups[group]:
        return
    groups[group] = "".join(swapped)
    with pytest.raises(Refused) as caught:
        read_recovery_code("-".join(groups))
    assert caught.value.facts["groups"] == [group + 1]


@given(st.integers(0, 6))
def test_two_swapped_groups_are_seen(group):
    groups = new_recovery_code().split("-")
    groups[group], groups[group + 1] = groups[group + 1], groups[group]
    with pytest.raises(Refused) as caught:
        read_recovery_code("-".join(groups))
    assert caught.value.facts["groups"] == [group + 1, group + 2]


@given(st.text(max_size=60))
def test_any_other_text_is_refused_in_words(text):
    with pytest.raises(Refused):
        read_recovery_code(text)


def test_a_missing_character_is_counted():
    with pytest.raises(Refused) as caught:
        read_recovery_code(new_recovery_code().replace("-", "")[:-1])
    assert caught.value.code == "key.code_length"
    assert caught.value.facts["length"] == 39


# --- where the machine keeps its secret ----------------------------------------------------------------------


@pytest.mark.parametrize("backend", [PlaintextKeyring(), AltKeyring(), null.Keyring(), fail.Keyring()])
def test_keyrings_that_protect_nothing_are_refused_by_name(tmp_path, backend):
    with pytest.raises(Unavailable) as caught:
        create_key(tmp_path, KeyringSource(backend))
    assert caught.value.code == "key.no_keyring"
    assert "--key-file" in str(caught.value)
    assert not (tmp_path / KEYS_FILE).exists()


def test_of_a_chain_the_first_real_one_is_taken():
    good = SafeKeyring()

    class Chain(chainer.ChainerBackend):
        backends = (PlaintextKeyring(), good)

    assert safe_backend(Chain()) is good


def test_a_keyring_that_never_answers_is_given_up(tmp_path):
    stuck = StuckKeyring()
    source = KeyringSource(stuck, deadline_s=0.05)
    with pytest.raises(Unavailable) as caught:
        create_key(tmp_path, source)
    stuck.released.set()
    assert caught.value.code == "key.keyring_slow"


def test_a_keyring_that_forgets_is_noticed_at_once(tmp_path):
    class Forgetful(SafeKeyring):
        def set_password(self, service, username, password):
            pass

    with pytest.raises(Unavailable) as caught:
        create_key(tmp_path, KeyringSource(Forgetful()))
    assert caught.value.code == "key.not_kept"


def test_a_key_file_is_made_for_its_owner_alone_and_says_what_it_means(tmp_path):
    source = FileSource(tmp_path / "machine.key")
    made = create_key(tmp_path, source)
    assert stat.S_IMODE(source.path.stat().st_mode) == 0o600
    assert str(source.path) in source.warning
    assert "can read the data" in source.warning
    assert load_key(tmp_path, FileSource(source.path)) == made.key


def test_a_key_file_that_others_may_read_is_refused(tmp_path):
    source = FileSource(tmp_path / "machine.key")
    create_key(tmp_path, source)
    os.chmod(source.path, 0o640)
    with pytest.raises(Refused) as caught:
        load_key(tmp_path, source)
    assert caught.value.code == "key.file_open"
    assert "chmod 600" in str(caught.value)


def test_one_key_file_serves_several_databases(tmp_path):
    source = FileSource(tmp_path / "machine.key")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    keys = [create_key(tmp_path / name, source).key for name in ("a", "b")]
    assert [load_key(tmp_path / name, source) for name in ("a", "b")] == keys


def test_what_leaves_the_machine_opens_by_the_code_alone(tmp_path):
    source = FileSource(tmp_path / "machine.key")
    made = create_key(tmp_path, source)
    part = recovery_part(read_keys(tmp_path))
    assert set(part) == {"format", "key_id", "recovery", "recovery_confirmed"}
    other = tmp_path / "other"
    other.mkdir()
    adopt_key(other, part, open_with_code(part, made.recovery_code), KeyringSource(backend := SafeKeyring()))
    assert load_key(other, KeyringSource(backend)) == made.key


# --- single values ----------------------------------------------------------------------

KEY = DataKey(bytes(range(32)))


@given(st.text(), st.sampled_from(["consignee.phone", "consignee.name"]))
def test_a_value_comes_back_from_its_own_place(value, place):
    cipher = AesCipher(KEY)
    stored = cipher.encrypt(value, place)
    assert cipher.decrypt(stored, place) == value
    assert cipher.decrypt_bytes(cipher.encrypt_bytes(value.encode(), place), place) == value.encode()


def test_a_value_from_another_place_another_key_or_changed_is_refused():
    cipher = AesCipher(KEY)
    stored = cipher.encrypt("13800138000", "consignee.phone")
    assert "13800138000" not in stored
    assert cipher.encrypt("13800138000", "consignee.phone") != stored
    for other, text, place in (
        (cipher, stored, "consignee.name"),
        (AesCipher(DataKey(bytes(32))), stored, "consignee.phone"),
        (cipher, stored[:-8] + "AAAAAAA=", "consignee.phone"),
        (cipher, "not base64!", "consignee.phone"),
        (cipher, "", "consignee.phone"),
    ):
        with pytest.raises(DamagedValue):
            other.decrypt(text, place)


def test_digests_are_equal_for_equal_texts_of_one_kind_and_key_alone():
    digester = Digester(KEY)
    digest = digester.digest("phone", "13800138000")
    assert digest == Digester(DataKey(bytes(range(32)))).digest("phone", "13800138000")
    others = {
        digester.digest("name", "13800138000"),
        digester.digest("phone", "13800138001"),
        digester.digest("phon", "e13800138000"),
        Digester(DataKey(bytes(32))).digest("phone", "13800138000"),
    }
    assert len(others) == 4
    assert digest not in others
    assert len(digest) == 32


def test_no_two_purposes_share_a_key():
    assert len({KEY.value, KEY.file_key, KEY.derive("personal values"), KEY.derive("digests")}) == 4
    assert KEY.value.hex() not in repr(KEY)
    assert KEY.id in KEY.derive("key id").hex()
