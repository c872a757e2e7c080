"""The constructions of the vault, and nothing else: no Django, no database, no choices.

A blob is ``0x01 | algorithm | payload``. What a blob is bound to, its `Context`, is authenticated
with it: a label for each construction, then length-prefixed fields. Whatever does not open raises
`CannotOpen`, without saying why.
"""

import hashlib
import hmac
import json
import secrets
import threading
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FORMAT = 0x01
AES_256_GCM = bytes((FORMAT, 0x01))
HPKE_X25519 = bytes((FORMAT, 0x10))  # 0x11 is reserved for ML-KEM-768 + X25519.

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
LENGTH_BYTES = 4
PADDING_FLOOR = 512
SALT_BYTES = 16
NUMBER_BYTES = 8

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
# An Argon2id derivation takes 64 MiB: more at once than this would let sign-ins starve the rest.
_DERIVATIONS = threading.BoundedSemaphore(4)


class CannotOpen(Exception):
    """The blob was not made with this key for this place, or is no blob at all."""


class MistypedCode(ValueError):
    """No recovery code at all: a slip of typing, found before anything is tried with it."""


# --- What a blob is bound to ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Context:
    """Where a blob belongs. ``bytes(context)`` is unambiguous: every part carries its length."""

    label: str
    fields: tuple[bytes, ...] = ()

    def __bytes__(self) -> bytes:
        parts = (self.label.encode(), *self.fields)
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _context(label: str, *fields: UUID | int | str | bytes) -> Context:
    return Context(f"mend/1/{label}", tuple(_field(field) for field in fields))


def _around(header: bytes, context: Context, field: UUID) -> tuple[bytes, bytes]:
    """Return what is bound before and behind the first ``field`` of ``context``."""
    before, _found, behind = (header + bytes(context)).partition(field.bytes)
    return before, behind


def _field(value: UUID | int | str | bytes) -> bytes:
    match value:
        case UUID():
            return value.bytes
        case int():
            return value.to_bytes(NUMBER_BYTES, "big")
        case str():
            return value.encode()
        case _:
            return bytes(value)


def entry_body(entry: UUID, vault: UUID, revision: int) -> Context:
    """An entry's text at one revision, under the entry's own key."""
    return _context("entry-body", entry, vault, revision)


def entry_key(entry: UUID, vault: UUID) -> Context:
    """An entry's own key, under its owner's vault."""
    return _context("entry-key", entry, vault)


def share_body(
    share: UUID, entry: UUID, supervisee: UUID, supervisor: UUID, version: int
) -> Context:
    """A frozen copy of chosen passages, under the share's own key."""
    return _context("share-body", share, entry, supervisee, supervisor, version)


def share_key(share: UUID, vault: UUID) -> Context:
    """A share's own key, under the supervisee's vault."""
    return _context("share-key", share, vault)


def sealed_share_key(share: UUID, supervisor: UUID) -> Context:
    """A share's own key, sealed to its supervisor's public key."""
    return _context("sealed-share-key", share, supervisor)


def reader_share_key(share: UUID, person: UUID) -> Context:
    """Bind a share's key, sealed to somebody of a group who reads along, to the share and them."""
    return _context("reader-share-key", share, person)


def share_preview(share: UUID, entry: UUID, revision: int) -> Context:
    """What somebody was shown before sharing it, remembered under their own vault."""
    return _context("share-preview", share, entry, revision)


def comment(comment: UUID, share: UUID, author: UUID, passage: str) -> Context:
    """A comment that was sent, under the share's own key."""
    return _context("comment", comment, share, author, passage)


def held_comment(comment: UUID, share: UUID, author: UUID) -> Context:
    """A comment its author still holds back, under the author's vault."""
    return _context("held-comment", comment, share, author)


def meeting_body(meeting: UUID, agreement: UUID, revision: int) -> Context:
    """What was written about a supervision meeting, at one revision, under the meeting's key."""
    return _context("meeting-body", meeting, agreement, revision)


def meeting_progress(meeting: UUID, turn: int) -> Context:
    """Which agreed actions are done, under the meeting's own key; ``turn`` counts its changes."""
    return _context("meeting-progress", meeting, turn)


def sealed_meeting_key(meeting: UUID, person: UUID) -> Context:
    """A meeting's own key, sealed to the public key of one of the two people."""
    return _context("sealed-meeting-key", meeting, person)


def browser_draft(vault: UUID, thing: UUID, place: str, person: UUID) -> Context:
    """What was typed and not saved or sent, sealed by the browser to a vault's public key.

    ``thing`` is a reflection, a share or a meeting; ``place`` the passage, or another of its forms.
    """
    return _context("browser-draft", vault, thing, place, person)


def private_key(vault: UUID) -> Context:
    """A vault's private key, under the vault itself."""
    return _context("private-key", vault)


def private_list(vault: UUID, name: str) -> Context:
    """A list of a person's own, such as words to watch, under their vault's subkey for bodies."""
    return _context("private-list", vault, name)


def case_id(vault: UUID) -> Context:
    """The id by which a case goes in addresses: a MAC of its code under its owner's vault."""
    return _context("case-id", vault)


def slot(vault: UUID, slot: UUID, kind: str, params: Mapping[str, int]) -> Context:
    """The vault key in a key slot, under what the person knows."""
    stated = json.dumps(dict(params), sort_keys=True, separators=(",", ":"))
    return _context("slot", vault, slot, kind, stated)


def joined_key(vault: UUID, joined_to: UUID) -> Context:
    """A sealed vault's key, under the fresh vault that was started beside it."""
    return _context("joined-key", vault, joined_to)


def key_pin(agreement: UUID, supervisor: UUID) -> Context:
    """A supervisor's fingerprint as it was on the agreement's acceptance."""
    return _context("key-pin", agreement, supervisor)


def supervisee_key_pin(agreement: UUID, supervisee: UUID) -> Context:
    """A supervisee's fingerprint as it was when their supervisor first sealed to it."""
    return _context("supervisee-key-pin", agreement, supervisee)


def group_key_pin(group: UUID, person: UUID) -> Context:
    """Bind the pin of a fellow member's public key to the group and the member."""
    return _context("group-key-pin", group, person)


def unlock(lookup: bytes, user: UUID, vault: UUID) -> Context:
    """The vault key while it is unlocked in one browser, under that browser's cookie."""
    return _context("unlock", lookup, user, vault)


def outgoing_mail(pk: UUID) -> Context:
    """A mail that waits to be delivered, under a key of the installation."""
    return _context("outgoing-mail", pk)


def second_step() -> Context:
    """A secret of two-step sign-in, under a key of the installation.

    Bound to nothing but its use: allauth does not say whose secret it is (see ADR 009).
    """
    return _context("second-step")


# --- Encryption under a shared key ---------------------------------------------------------------


def new_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def encrypt(key: bytes, plaintext: bytes, context: Context) -> bytes:
    """Return ``plaintext`` encrypted under ``key``, bound to ``context``; its length shows."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    bound = AES_256_GCM + bytes(context)
    return AES_256_GCM + nonce + AESGCM(key).encrypt(nonce, plaintext, bound)


def decrypt(key: bytes, blob: bytes, context: Context) -> bytes:
    """Return what `encrypt` was given. Raises ``CannotOpen``."""
    payload = _payload(blob, AES_256_GCM, NONCE_BYTES + TAG_BYTES)
    nonce, ciphertext = payload[:NONCE_BYTES], payload[NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, AES_256_GCM + bytes(context))
    except (InvalidTag, ValueError) as error:
        raise CannotOpen from error


def encrypt_body(key: bytes, data: bytes, context: Context) -> bytes:
    """Return ``data`` encrypted with its length hidden by `padded_size`."""
    return encrypt(key, pad(data), context)


def decrypt_body(key: bytes, blob: bytes, context: Context) -> bytes:
    """Return what `encrypt_body` was given. Raises ``CannotOpen``."""
    return unpad(decrypt(key, blob, context))


def _payload(blob: bytes, header: bytes, least: int) -> bytes:
    blob = bytes(blob)
    if blob[: len(header)] != header or len(blob) < len(header) + least:
        raise CannotOpen
    return blob[len(header) :]


def padded_size(size: int) -> int:
    """Return the Padmé size for ``size`` bytes, at least 512.

    It leaks only O(log log size) bits and adds at most 12 % (Nikitin et al., "Reducing Metadata
    Leakage from Encrypted Files and Communication with PURBs", 2019).
    """
    if size <= PADDING_FLOOR:
        return PADDING_FLOOR
    exponent = size.bit_length() - 1
    low_bits = exponent - exponent.bit_length()
    mask = (1 << low_bits) - 1
    return (size + mask) & ~mask


def pad(data: bytes) -> bytes:
    """Return ``data`` behind its length, filled with zeros to `padded_size`."""
    framed = len(data).to_bytes(LENGTH_BYTES, "big") + data
    return framed.ljust(padded_size(len(framed)), b"\0")


def unpad(padded: bytes) -> bytes:
    """Return what `pad` was given. Raises ``CannotOpen`` where the length cannot be true."""
    size = int.from_bytes(padded[:LENGTH_BYTES], "big")
    if len(padded) != padded_size(LENGTH_BYTES + size):
        raise CannotOpen
    return padded[LENGTH_BYTES : LENGTH_BYTES + size]


# --- Sealing to a person -------------------------------------------------------------------------


def sealing_info(context: Context) -> bytes:
    """Return HPKE's ``info`` for ``context``: what a browser is told, so that it can `seal` too."""
    return HPKE_X25519 + bytes(context)


def seal(public_key: bytes, plaintext: bytes, context: Context) -> bytes:
    """Return ``plaintext`` sealed to a raw X25519 ``public_key`` (HPKE base mode).

    Raises ``ValueError`` if the public key is not 32 bytes.
    """
    recipient = X25519PublicKey.from_public_bytes(bytes(public_key))
    return HPKE_X25519 + _SUITE.encrypt(plaintext, recipient, info=sealing_info(context))


def open_sealed(private_key: X25519PrivateKey, blob: bytes, context: Context) -> bytes:
    """Return what `seal` was given. Raises ``CannotOpen``."""
    payload = _payload(blob, HPKE_X25519, KEY_BYTES + TAG_BYTES)
    try:
        return _SUITE.decrypt(payload, private_key, info=sealing_info(context))
    except (InvalidTag, ValueError) as error:
        raise CannotOpen from error


def fingerprint(public_key: bytes) -> bytes:
    """Return the 32 bytes by which a public key is known again."""
    return hashlib.sha256(b"mend/1/fingerprint" + bytes(public_key)).digest()


# --- Deriving keys -------------------------------------------------------------------------------


def _derive(secret: bytes, label: str, salt: bytes | None = None) -> bytes:
    info = f"mend/1/{label}".encode()
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=salt, info=info).derive(secret)


def new_salt() -> bytes:
    """Return 16 random bytes for a key slot."""
    return secrets.token_bytes(SALT_BYTES)


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """What one guess at a password costs. Read from a row, it is clamped: `from_params`."""

    memory_kib: int
    time: int
    lanes: int

    @classmethod
    def from_params(cls, params: Mapping[str, int]) -> "Argon2Cost":
        """Return the cost in ``params``, held to what this server can bear and Argon2 allows.

        Raises ``CannotOpen`` where ``params`` states none.
        """
        try:
            memory, time, lanes = (int(params[name]) for name in ("memory_kib", "time", "lanes"))
        except (KeyError, TypeError, ValueError) as error:
            raise CannotOpen from error
        lanes = min(max(lanes, 1), 4)
        return cls(min(max(memory, 8 * lanes), 256 * 1024), min(max(time, 1), 10), lanes)

    def params(self) -> dict[str, int]:
        """Return the cost as it is stored with a slot."""
        return {"memory_kib": self.memory_kib, "time": self.time, "lanes": self.lanes}


def password_key(password: str, *, salt: bytes, pepper: bytes, cost: Argon2Cost) -> bytes:
    """Return the key a password stands for: Argon2id, then HKDF with the pepper as its salt."""
    argon2 = Argon2id(
        salt=bytes(salt),
        length=KEY_BYTES,
        iterations=cost.time,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    with _DERIVATIONS:
        stretched = argon2.derive(unicodedata.normalize("NFKC", password).encode())
    return _derive(stretched, "password-key", pepper)


def recovery_key(code: bytes, *, salt: bytes) -> bytes:
    """Return the key a recovery code stands for: 128 random bits need no stretching."""
    return _derive(code, "recovery-key", bytes(salt))


def unlock_lookup(cookie: bytes) -> bytes:
    """Return the name under which a browser's unlocked key is found."""
    return _derive(cookie, "unlock-lookup")


def unlock_key(cookie: bytes, *, secret: bytes) -> bytes:
    """Return the key that a browser's cookie and the server's secret make together."""
    return _derive(cookie, "unlock-key", secret)


def outgoing_mail_key(secret: bytes) -> bytes:
    """Return the installation's key for mails that wait."""
    return _derive(secret, "outgoing-mail-key")


def second_step_key(secret: bytes) -> bytes:
    """Return the installation's key for the secrets of two-step sign-in."""
    return _derive(secret, "second-step-key")


# --- The recovery code ---------------------------------------------------------------------------

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
CODE_BYTES = 16
CODE_LETTERS = 28
_LOOKALIKES = str.maketrans("OIL", "011")
_CHECK_BITS = 12
_CHECK_POLYNOMIAL = 0x180F  # CRC-12: finds every wrong letter and every swap of neighbours.


def new_recovery_code() -> bytes:
    """Return the 128 random bits of a recovery code."""
    return secrets.token_bytes(CODE_BYTES)


def show_recovery_code(code: bytes) -> str:
    """Return the code as people write it down: 7 groups of 4 letters and digits."""
    number = (int.from_bytes(code, "big") << _CHECK_BITS) | _checksum(code)
    letters = [ALPHABET[(number >> shift) & 31] for shift in range(5 * (CODE_LETTERS - 1), -1, -5)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, CODE_LETTERS, 4))


def read_recovery_code(typed: str) -> bytes:
    """Return the code in ``typed``, however it is spaced, hyphenated or cased.

    Raises ``MistypedCode`` where a letter is missing, added, wrong or out of place.
    """
    plain = unicodedata.normalize("NFKC", typed).upper().translate(_LOOKALIKES)
    letters = [letter for letter in plain if letter.isalnum()]
    if len(letters) != CODE_LETTERS or not set(letters) <= set(ALPHABET):
        raise MistypedCode
    number = 0
    for letter in letters:
        number = number << 5 | ALPHABET.index(letter)
    code = (number >> _CHECK_BITS).to_bytes(CODE_BYTES, "big")
    if number & ((1 << _CHECK_BITS) - 1) != _checksum(code):
        raise MistypedCode
    return code


def _checksum(code: bytes) -> int:
    remainder = int.from_bytes(b"\x01" + code, "big") << _CHECK_BITS
    while (excess := remainder.bit_length() - _CHECK_BITS - 1) >= 0:
        remainder ^= _CHECK_POLYNOMIAL << excess
    return remainder


# --- An unlocked vault ---------------------------------------------------------------------------


class VaultKeys:
    """The keys of one unlocked vault. They live in memory only: no pickle, no copy, no repr."""

    __slots__ = ("_bodies", "_key", "_pins", "_wraps", "vault_id")

    def __init__(self, vault_id: UUID, key: bytes) -> None:
        self.vault_id = vault_id
        self._key = key
        self._wraps = _derive(key, "vault/wraps", vault_id.bytes)
        self._bodies = _derive(key, "vault/bodies", vault_id.bytes)
        self._pins = _derive(key, "vault/pins", vault_id.bytes)

    @classmethod
    def opened(cls, vault_id: UUID, key: bytes, blob: bytes, context: Context) -> "VaultKeys":
        """Return the keys that `closed` put into ``blob``. Raises ``CannotOpen``."""
        return cls(vault_id, decrypt(key, blob, context))

    def closed(self, key: bytes, context: Context) -> bytes:
        """Return the vault key encrypted under ``key``, for a slot or an unlock."""
        return encrypt(key, self._key, context)

    def wrap(self, data_key: bytes, context: Context) -> bytes:
        """Return ``data_key`` encrypted under the vault's subkey for keys."""
        return encrypt(self._wraps, data_key, context)

    def unwrap(self, blob: bytes, context: Context) -> bytes:
        """Return what `wrap` was given. Raises ``CannotOpen``."""
        return decrypt(self._wraps, blob, context)

    def entry_opener(self) -> Callable[[bytes, int, bytes, bytes], bytes]:
        """Return a function that opens one entry after another: (id, revision, key, body) -> text.

        It does what `unwrap` and `decrypt_body` do in the contexts `entry_key` and `entry_body`,
        and raises ``CannotOpen`` as they do. What is the same for all entries is made once: with
        ten thousand to go through, the contexts alone take longer than the deciphering. An id is
        the sixteen bytes of the UUID, for the same reason.
        """
        wraps = AESGCM(self._wraps)
        anywhere = UUID(int=2**128 - 1)
        key_head, key_tail = _around(AES_256_GCM, entry_key(anywhere, self.vault_id), anywhere)
        body_head, body_tail = _around(
            AES_256_GCM, entry_body(anywhere, self.vault_id, 0), anywhere
        )
        body_tail = body_tail[:-NUMBER_BYTES]
        start = len(AES_256_GCM)
        text = start + NONCE_BYTES

        def opened(pk: bytes, revision: int, key: bytes, body: bytes) -> bytes:
            key, body = bytes(key), bytes(body)
            if key[:start] != AES_256_GCM or body[:start] != AES_256_GCM:
                raise CannotOpen
            bound = body_head + pk + body_tail + revision.to_bytes(NUMBER_BYTES, "big")
            try:
                data_key = wraps.decrypt(key[start:text], key[text:], key_head + pk + key_tail)
                return unpad(AESGCM(data_key).decrypt(body[start:text], body[text:], bound))
            except (InvalidTag, ValueError) as error:
                raise CannotOpen from error

        return opened

    def encrypt_body(self, data: bytes, context: Context) -> bytes:
        """Return the person's own private document, under the vault's subkey for bodies."""
        return encrypt_body(self._bodies, data, context)

    def decrypt_body(self, blob: bytes, context: Context) -> bytes:
        """Return what `encrypt_body` was given. Raises ``CannotOpen``."""
        return decrypt_body(self._bodies, blob, context)

    def join(self, other: "VaultKeys") -> bytes:
        """Return ``other``'s key encrypted under this vault, so that this one opens both."""
        return other.closed(self._wraps, joined_key(other.vault_id, self.vault_id))

    def joined(self, vault_id: UUID, blob: bytes) -> "VaultKeys":
        """Return the keys that `join` was given. Raises ``CannotOpen``."""
        return VaultKeys.opened(vault_id, self._wraps, blob, joined_key(vault_id, self.vault_id))

    def new_private_key(self) -> tuple[bytes, bytes]:
        """Return a new (raw public key, private key wrapped under this vault)."""
        made = X25519PrivateKey.generate()
        wrapped = self.wrap(made.private_bytes_raw(), private_key(self.vault_id))
        return made.public_key().public_bytes_raw(), wrapped

    def private_key(self, wrapped: bytes) -> X25519PrivateKey:
        """Return the vault's private key, for `open_sealed`. Raises ``CannotOpen``."""
        raw = self.unwrap(wrapped, private_key(self.vault_id))
        return X25519PrivateKey.from_private_bytes(raw)

    def pin(self, fingerprint: bytes, context: Context) -> bytes:
        """Return a 32-byte MAC that remembers ``fingerprint`` for ``context``."""
        message = bytes(context) + len(fingerprint).to_bytes(4, "big") + fingerprint
        return hmac.digest(self._pins, message, "sha256")

    def check_pin(self, mac: bytes, fingerprint: bytes, context: Context) -> bool:
        """Return whether ``mac`` is the pin of ``fingerprint`` for ``context``."""
        return hmac.compare_digest(bytes(mac), self.pin(fingerprint, context))

    def __repr__(self) -> str:
        return f"<VaultKeys of {self.vault_id}>"

    def _refuse(self, *args: object) -> NoReturn:
        raise TypeError("The keys of a vault are never copied or stored.")

    __reduce__ = __reduce_ex__ = __getstate__ = __copy__ = __deepcopy__ = _refuse
