"""The constructions: their bytes, and everything they refuse to open."""

import copy
import json
import pickle
import threading
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.vault import reference
from vault import crypto
from vault.crypto import Argon2Cost, CannotOpen, Context, MistypedCode, VaultKeys

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
PLAINTEXT = bytes.fromhex(VECTORS["plaintext"])
A = reference.A
RECIPIENT = X25519PrivateKey.from_private_bytes(reference.PRIVATE)
ALL = list(reference.BOUND)
ENCRYPTED = [name for name in ALL if name not in reference.MACS]


def context_of(name: str, fields: tuple[Any, ...] | None = None) -> Context:
    given_fields = list(reference.BOUND[name][1] if fields is None else fields)
    if name == "slot":
        given_fields[3] = json.loads(given_fields[3])
    made: Context = getattr(crypto, name)(*given_fields)
    return made


def made(name: str, context: Context) -> bytes:
    if name in reference.SEALED:
        return crypto.seal(RECIPIENT.public_key().public_bytes_raw(), PLAINTEXT, context)
    encrypt = crypto.encrypt_body if name in reference.PADDED else crypto.encrypt
    return encrypt(reference.KEY, PLAINTEXT, context)


def opened(name: str, blob: bytes, context: Context) -> bytes:
    if name in reference.SEALED:
        return crypto.open_sealed(RECIPIENT, blob, context)
    decrypt = crypto.decrypt_body if name in reference.PADDED else crypto.decrypt
    return decrypt(reference.KEY, blob, context)


def elsewhere(name: str) -> list[tuple[Any, ...]]:
    """Return the construction's fields with each one in turn that of another row."""
    fields = reference.BOUND[name][1]
    moved = []
    for at, field in enumerate(fields):
        other: Any
        match field:
            case UUID():
                other = uuid4()
            case int():
                other = field + 1
            case bytes():
                other = bytes(reversed(field))
            case str() if field.startswith("{"):
                other = field.replace('"time":1', '"time":2')
            case _:
                other = field + "s"
        moved.append((*fields[:at], other, *fields[at + 1 :]))
    return moved


# --- The bytes -----------------------------------------------------------------------------------


def test_committed_vectors_are_those_of_the_reference() -> None:
    assert json.loads(json.dumps(reference.vectors())) == VECTORS


@pytest.mark.parametrize("name", ALL)
def test_context_has_the_committed_bytes(name: str) -> None:
    assert bytes(context_of(name)).hex() == VECTORS["contexts"][name]


@pytest.mark.parametrize("name", ENCRYPTED)
def test_committed_blob_opens(name: str) -> None:
    assert opened(name, bytes.fromhex(VECTORS["blobs"][name]), context_of(name)) == PLAINTEXT


@pytest.mark.parametrize("name", reference.MACS)
def test_committed_mac_holds(name: str) -> None:
    keys = VaultKeys(A, reference.KEY)
    mac = bytes.fromhex(VECTORS["blobs"][name])
    assert keys.pin(PLAINTEXT, context_of(name)) == mac
    assert keys.check_pin(mac, PLAINTEXT, context_of(name))


def test_reference_opens_what_is_sealed_here() -> None:
    blob = made("sealed_share_key", context_of("sealed_share_key"))
    bound = bytes(context_of("sealed_share_key"))
    assert reference.hpke_open(reference.PRIVATE, blob, bound) == PLAINTEXT


def test_derived_keys_are_the_committed_ones() -> None:
    keys, secret = VECTORS["keys"], b"secret for the vectors"
    cost = Argon2Cost(memory_kib=64, time=1, lanes=1)
    # Typed with the umlaut as two characters, which is what some keyboards send.
    password = crypto.password_key(
        "Zu\u0308rich, 11 windows", salt=reference.SALT, pepper=reference.PEPPER, cost=cost
    )
    assert password.hex() == keys["password"]
    assert crypto.recovery_key(reference.KEY[:16], salt=reference.SALT).hex() == keys["recovery"]
    assert crypto.unlock_lookup(reference.KEY).hex() == keys["unlock_lookup"]
    assert crypto.unlock_key(reference.KEY, secret=secret).hex() == keys["unlock"]
    assert crypto.outgoing_mail_key(secret).hex() == keys["outgoing_mail"]
    assert crypto.second_step_key(secret).hex() == keys["second_step"]
    assert crypto.fingerprint(bytes.fromhex(keys["public"])).hex() == keys["fingerprint"]


def test_keys_and_bodies_have_their_own_subkeys() -> None:
    keys = VaultKeys(A, reference.KEY)
    context = context_of("held_comment")
    wrapped, body = keys.wrap(b"k" * 32, context), keys.encrypt_body(b"text", context)
    subkeys = {use: bytes.fromhex(VECTORS["keys"][use]) for use in ("wraps", "bodies")}
    assert crypto.decrypt(subkeys["wraps"], wrapped, context) == b"k" * 32
    assert crypto.decrypt_body(subkeys["bodies"], body, context) == b"text"
    with pytest.raises(CannotOpen):
        keys.unwrap(body, context)
    with pytest.raises(CannotOpen):
        keys.decrypt_body(wrapped, context)


# --- Refusals, for each construction -------------------------------------------------------------


@pytest.mark.parametrize("name", ENCRYPTED)
def test_blob_swapped_with_another_row_does_not_open(name: str) -> None:
    for fields in elsewhere(name):
        blob = made(name, context_of(name, fields))
        with pytest.raises(CannotOpen):
            opened(name, blob, context_of(name))


@pytest.mark.parametrize("name", ENCRYPTED)
def test_blob_of_one_construction_does_not_open_as_another(name: str) -> None:
    label = reference.BOUND[name][0]
    blob = made(name, Context(f"mend/1/{label}-other", context_of(name).fields))
    with pytest.raises(CannotOpen):
        opened(name, blob, context_of(name))


@pytest.mark.parametrize("name", ENCRYPTED)
@pytest.mark.parametrize("at", [0, 1])
def test_blob_with_a_changed_header_byte_does_not_open(name: str, at: int) -> None:
    blob = bytearray(made(name, context_of(name)))
    for other in {0x00, 0x01, 0x02, 0x10, 0x11} - {blob[at]}:
        blob[at] = other
        with pytest.raises(CannotOpen):
            opened(name, bytes(blob), context_of(name))


@pytest.mark.parametrize("name", ENCRYPTED)
def test_blob_with_any_changed_or_missing_byte_does_not_open(name: str) -> None:
    blob = made(name, context_of(name))
    for at in {2, 13, 14, len(blob) // 2, len(blob) - 1}:
        changed = blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]
        with pytest.raises(CannotOpen):
            opened(name, changed, context_of(name))
    for cut in (b"", blob[:1], blob[:2], blob[:20], blob[:-1], blob + b"\0"):
        with pytest.raises(CannotOpen):
            opened(name, cut, context_of(name))


@pytest.mark.parametrize("name", ENCRYPTED)
def test_blob_does_not_open_with_another_persons_key(name: str) -> None:
    blob, context = made(name, context_of(name)), context_of(name)
    opening: Any = (crypto.decrypt, crypto.new_key())
    if name in reference.SEALED:
        opening = (crypto.open_sealed, X25519PrivateKey.generate())
    decrypt, key = opening
    with pytest.raises(CannotOpen):
        decrypt(key, blob, context)


@pytest.mark.parametrize("name", reference.MACS)
def test_pin_moved_elsewhere_does_not_hold(name: str) -> None:
    keys = VaultKeys(A, reference.KEY)
    for fields in elsewhere(name):
        mac = keys.pin(PLAINTEXT, context_of(name, fields))
        assert not keys.check_pin(mac, PLAINTEXT, context_of(name))
    mac = keys.pin(PLAINTEXT, context_of(name))
    assert not keys.check_pin(mac, PLAINTEXT[::-1], context_of(name))
    assert not VaultKeys(A, crypto.new_key()).check_pin(mac, PLAINTEXT, context_of(name))


def test_entry_at_another_revision_does_not_open() -> None:
    entry, vault, key = uuid4(), uuid4(), crypto.new_key()
    blob = crypto.encrypt_body(key, b"as it was", crypto.entry_body(entry, vault, 4))
    with pytest.raises(CannotOpen):
        crypto.decrypt_body(key, blob, crypto.entry_body(entry, vault, 5))


def test_another_persons_slot_does_not_open_this_vault() -> None:
    kek, mine, theirs, slot = crypto.new_key(), uuid4(), uuid4(), uuid4()
    context = crypto.slot(theirs, slot, "password", {"time": 1})
    blob = VaultKeys(theirs, crypto.new_key()).closed(kek, context)
    with pytest.raises(CannotOpen):
        VaultKeys.opened(mine, kek, blob, crypto.slot(mine, slot, "password", {"time": 1}))


def test_fields_cannot_run_into_each_other() -> None:
    assert bytes(Context("a", (b"bc", b"d"))) != bytes(Context("a", (b"b", b"cd")))
    assert bytes(Context("a", (b"",))) != bytes(Context("a"))


def test_key_of_another_length_is_refused_as_unopenable() -> None:
    blob = crypto.encrypt(crypto.new_key(), b"x", Context("mend/1/x"))
    with pytest.raises(CannotOpen):
        crypto.decrypt(b"short", blob, Context("mend/1/x"))


# --- Padding and round trips ---------------------------------------------------------------------


@given(st.binary(max_size=5000))
def test_padding_gives_back_what_it_was_given(data: bytes) -> None:
    padded = crypto.pad(data)
    assert crypto.unpad(padded) == data
    assert len(padded) == crypto.padded_size(len(data) + 4) >= 512
    assert len(padded) <= max(512, (len(data) + 4) * 1.12)
    assert padded == reference.padded(data)


@given(st.integers(min_value=1, max_value=2**32))
def test_padded_sizes_are_few_and_grow(size: int) -> None:
    padded = crypto.padded_size(size)
    assert padded >= size
    assert crypto.padded_size(padded) == padded
    assert crypto.padded_size(size + 1) >= padded


@pytest.mark.parametrize("padded", [b"", b"\0\0", b"\0\0\0\5hello", b"\xff" * 512, bytes(513)])
def test_padding_that_was_not_made_here_does_not_open(padded: bytes) -> None:
    with pytest.raises(CannotOpen):
        crypto.unpad(padded)


def test_short_texts_cannot_be_told_apart_by_length() -> None:
    key, context = crypto.new_key(), Context("mend/1/x")
    assert len(crypto.encrypt_body(key, b"", context)) == len(
        crypto.encrypt_body(key, b"x" * 508, context)
    )


@given(st.text(max_size=700), st.uuids(), st.uuids(), st.integers(0, 2**63))
def test_body_comes_back_exactly(text: str, entry: UUID, vault: UUID, revision: int) -> None:
    data = text.encode("utf-8", "surrogatepass")
    key, context = crypto.new_key(), crypto.entry_body(entry, vault, revision)
    assert crypto.decrypt_body(key, crypto.encrypt_body(key, data, context), context) == data


@given(st.binary(max_size=200), st.uuids(), st.uuids())
def test_sealed_comes_back_exactly(data: bytes, share: UUID, supervisor: UUID) -> None:
    keys = VaultKeys(uuid4(), crypto.new_key())
    public, wrapped = keys.new_private_key()
    context = crypto.sealed_share_key(share, supervisor)
    blob = crypto.seal(public, data, context)
    assert crypto.open_sealed(keys.private_key(wrapped), blob, context) == data


def test_same_text_never_gives_the_same_blob_twice() -> None:
    key, context = crypto.new_key(), Context("mend/1/x")
    assert crypto.encrypt(key, b"x", context) != crypto.encrypt(key, b"x", context)


def test_blobs_open_from_a_database_buffer() -> None:
    key, context = crypto.new_key(), Context("mend/1/x")
    assert crypto.decrypt(key, memoryview(crypto.encrypt(key, b"x", context)), context) == b"x"  # type: ignore[arg-type]


# --- Argon2's cost -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "cost"),
    [
        ({"memory_kib": 65536, "time": 3, "lanes": 1}, Argon2Cost(65536, 3, 1)),
        ({"memory_kib": 2**31, "time": 10**6, "lanes": 99}, Argon2Cost(262144, 10, 4)),
        ({"memory_kib": 0, "time": 0, "lanes": 0}, Argon2Cost(8, 1, 1)),
        ({"memory_kib": -5, "time": -1, "lanes": 4}, Argon2Cost(32, 1, 4)),
    ],
)
def test_cost_read_from_a_row_is_clamped(params: dict[str, int], cost: Argon2Cost) -> None:
    assert Argon2Cost.from_params(params) == cost


@pytest.mark.parametrize(
    "params", [{}, {"memory_kib": 64, "time": "x", "lanes": 1}, {"time": None}]
)
def test_cost_that_is_none_cannot_open(params: Any) -> None:
    with pytest.raises(CannotOpen):
        Argon2Cost.from_params(params)


def test_four_derivations_at_most_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, counting = 0, 0, threading.Lock()

    class Slow:
        def __init__(self, **kwargs: Any) -> None:
            pass

        def derive(self, material: bytes) -> bytes:
            nonlocal running, most
            with counting:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with counting:
                running -= 1
            return material.ljust(32)

    monkeypatch.setattr(crypto, "Argon2id", Slow)
    cost = Argon2Cost(8, 1, 1)
    threads = [
        threading.Thread(
            target=crypto.password_key,
            args=("x",),
            kwargs={"salt": b"s" * 16, "pepper": b"p", "cost": cost},
        )
        for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 4


# --- The recovery code ---------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "shown"), VECTORS["recovery_codes"].items())
def test_code_is_shown_as_committed(code: str, shown: str) -> None:
    assert crypto.show_recovery_code(bytes.fromhex(code)) == shown
    assert crypto.read_recovery_code(shown) == bytes.fromhex(code)


@given(st.binary(min_size=16, max_size=16))
def test_code_is_read_however_it_was_typed(code: bytes) -> None:
    shown = crypto.show_recovery_code(code)
    assert len(shown.split("-")) == 7
    confused = shown.replace("0", "o").replace("1", "l")
    for typed in (
        shown.lower(),
        shown.replace("-", ""),
        shown.replace("-", " "),
        "  " + shown.replace("-", " \u2013 ") + "\n",
        confused,
        shown.replace("0", "O").replace("1", "I"),
        shown.replace("1", "i"),
    ):
        assert crypto.read_recovery_code(typed) == code


@given(st.binary(min_size=16, max_size=16), st.integers(0, 27), st.sampled_from(crypto.ALPHABET))
def test_one_wrong_letter_is_always_found(code: bytes, at: int, letter: str) -> None:
    letters = crypto.show_recovery_code(code).replace("-", "")
    typed = letters[:at] + letter + letters[at + 1 :]
    if typed != letters:
        with pytest.raises(MistypedCode):
            crypto.read_recovery_code(typed)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 26))
def test_two_letters_swapped_are_always_found(code: bytes, at: int) -> None:
    letters = crypto.show_recovery_code(code).replace("-", "")
    typed = letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :]
    if typed != letters:
        with pytest.raises(MistypedCode):
            crypto.read_recovery_code(typed)


@given(st.text(max_size=60))
@hypothesis_settings(max_examples=300)
def test_anything_else_typed_is_a_slip_and_no_error(typed: str) -> None:
    try:
        crypto.read_recovery_code(typed)
    except MistypedCode:
        return
    assert len(typed) >= 28


@pytest.mark.parametrize("typed", ["", "ABCD", "U" * 28, "0" * 27, "0" * 29, "é" * 28])
def test_code_of_another_shape_is_a_slip(typed: str) -> None:
    with pytest.raises(MistypedCode):
        crypto.read_recovery_code(typed)


# --- Keys in memory ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "take", [pickle.dumps, copy.copy, copy.deepcopy, lambda keys: keys.__getstate__()]
)
def test_keys_are_never_pickled_or_copied(take: Any) -> None:
    with pytest.raises(TypeError, match="never copied or stored"):
        take(VaultKeys(A, crypto.new_key()))


def test_keys_do_not_show_themselves() -> None:
    key = crypto.new_key()
    keys = VaultKeys(A, key)
    for shown in (repr(keys), str(keys), f"{keys}", str([keys])):
        assert key.hex() not in shown
        assert repr(key)[2:-1] not in shown
    assert not hasattr(keys, "__dict__")
