"""The vault's bytes, written out a second time from the specification, without `vault.crypto`.

HKDF and HPKE are spelled out from RFC 5869 and RFC 9180; Argon2id comes from another library. What
this makes, `vault.crypto` must open, and the other way round. With fixed keys and nonces it makes
the committed vectors: ``python -m tests.vault.reference > tests/vault/vectors.json``.
"""

import hashlib
import hmac
import json
from uuid import UUID

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

AES = b"\x01\x01"
HPKE = b"\x01\x10"
Field = UUID | int | str | bytes


def context(label: str, *fields: Field) -> bytes:
    """Every part behind its length in four bytes; a number takes eight."""
    parts = [f"mend/1/{label}".encode()]
    for field in fields:
        if isinstance(field, UUID):
            parts.append(field.bytes)
        elif isinstance(field, int):
            parts.append(field.to_bytes(8, "big"))
        else:
            parts.append(field.encode() if isinstance(field, str) else field)
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def extract(salt: bytes, secret: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), secret, "sha256")


def expand(key: bytes, info: bytes, size: int = 32) -> bytes:
    made, block, count = b"", b"", 1
    while len(made) < size:
        block = hmac.digest(key, block + info + bytes([count]), "sha256")
        made, count = made + block, count + 1
    return made[:size]


def derive(secret: bytes, label: str, salt: bytes = b"") -> bytes:
    return expand(extract(salt, secret), f"mend/1/{label}".encode())


def aes(key: bytes, nonce: bytes, plaintext: bytes, bound: bytes) -> bytes:
    return AES + nonce + AESGCM(key).encrypt(nonce, plaintext, AES + bound)


def padded(data: bytes) -> bytes:
    framed = len(data).to_bytes(4, "big") + data
    size = max(len(framed), 512)
    exponent = size.bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return framed + bytes(-(-size // step) * step - len(framed))


def _kem_key(shared: bytes, kem_context: bytes) -> bytes:
    suite = b"KEM" + (0x0020).to_bytes(2, "big")
    eae = extract(b"", b"HPKE-v1" + suite + b"eae_prk" + shared)
    info = (32).to_bytes(2, "big") + b"HPKE-v1" + suite + b"shared_secret" + kem_context
    return expand(eae, info)


def _key_and_nonce(secret: bytes, info: bytes) -> tuple[bytes, bytes]:
    suite = b"HPKE" + bytes.fromhex("002000010002")

    def labelled(salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return extract(salt, b"HPKE-v1" + suite + label + ikm)

    schedule = b"\x00" + labelled(b"", b"psk_id_hash", b"") + labelled(b"", b"info_hash", info)
    secret = labelled(secret, b"secret", b"")

    def out(label: bytes, size: int) -> bytes:
        head = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label
        return expand(secret, head + schedule, size)

    return out(b"key", 32), out(b"base_nonce", 12)


def hpke_seal(public: bytes, ephemeral: bytes, plaintext: bytes, bound: bytes) -> bytes:
    sender = X25519PrivateKey.from_private_bytes(ephemeral)
    enc = sender.public_key().public_bytes_raw()
    shared = sender.exchange(X25519PublicKey.from_public_bytes(public))
    key, nonce = _key_and_nonce(_kem_key(shared, enc + public), HPKE + bound)
    return HPKE + enc + AESGCM(key).encrypt(nonce, plaintext, b"")


def hpke_open(private: bytes, blob: bytes, bound: bytes) -> bytes:
    assert blob[:2] == HPKE
    enc, ciphertext = blob[2:34], blob[34:]
    recipient = X25519PrivateKey.from_private_bytes(private)
    shared = recipient.exchange(X25519PublicKey.from_public_bytes(enc))
    public = recipient.public_key().public_bytes_raw()
    key, nonce = _key_and_nonce(_kem_key(shared, enc + public), HPKE + bound)
    return AESGCM(key).decrypt(nonce, ciphertext, b"")


def password_key(password: str, salt: bytes, pepper: bytes, memory: int, time: int) -> bytes:
    stretched = hash_secret_raw(
        password.encode(), salt, time, memory, parallelism=1, hash_len=32, type=Type.ID
    )
    return derive(stretched, "password-key", pepper)


def vault_subkey(key: bytes, vault: UUID, use: str) -> bytes:
    return derive(key, f"vault/{use}", vault.bytes)


def recovery_code(code: bytes) -> str:
    """Bit by bit: the remainder of (1, code, twelve zeros) divided by x^12+x^11+x^3+x^2+x+1."""
    divisor = [int(bit) for bit in f"{0x180F:b}"]
    bits = [int(bit) for bit in "1" + "".join(f"{byte:08b}" for byte in code) + "0" * 12]
    for at in range(len(bits) - 12):
        if bits[at]:
            for step, bit in enumerate(divisor):
                bits[at + step] ^= bit
    text = "".join(f"{byte:08b}" for byte in code) + "".join(map(str, bits[-12:]))
    letters = "".join(
        "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[int(text[at : at + 5], 2)] for at in range(0, 140, 5)
    )
    return "-".join(letters[at : at + 4] for at in range(0, 28, 4))


# --- The committed vectors -----------------------------------------------------------------------

KEY = bytes(range(32))
NONCE = bytes(range(100, 112))
SALT = bytes(range(200, 216))
PEPPER = b"pepper for the vectors"
EPHEMERAL = bytes(range(64, 96))
PRIVATE = bytes(range(32, 64))
A, B, C, D = (UUID(int=int.from_bytes(bytes([n] * 16), "big")) for n in (0xA1, 0xB2, 0xC3, 0xD4))
PARAMS = '{"lanes":1,"memory_kib":64,"time":1}'
LOOKUP = bytes(range(150, 182))

# What each construction is bound to, under `vault.crypto`'s name for it.
BOUND: dict[str, tuple[str, tuple[Field, ...]]] = {
    "entry_body": ("entry-body", (A, B, 7)),
    "entry_key": ("entry-key", (A, B)),
    "share_body": ("share-body", (A, B, C, D, 2)),
    "share_key": ("share-key", (A, B)),
    "sealed_share_key": ("sealed-share-key", (A, B)),
    "reader_share_key": ("reader-share-key", (A, B)),
    "share_preview": ("share-preview", (A, B, 3)),
    "comment": ("comment", (A, B, C, "looking_again")),
    "held_comment": ("held-comment", (A, B, C)),
    "meeting_body": ("meeting-body", (A, B, 7)),
    "meeting_progress": ("meeting-progress", (A, 3)),
    "sealed_meeting_key": ("sealed-meeting-key", (A, B)),
    "browser_draft": ("browser-draft", (A, B, "repair", C)),
    "private_key": ("private-key", (A,)),
    "private_list": ("private-list", (A, "watched")),
    "case_id": ("case-id", (A,)),
    "slot": ("slot", (A, B, "password", PARAMS)),
    "joined_key": ("joined-key", (A, B)),
    "key_pin": ("key-pin", (A, B)),
    "supervisee_key_pin": ("supervisee-key-pin", (A, B)),
    "group_key_pin": ("group-key-pin", (A, B)),
    "unlock": ("unlock", (LOOKUP, A, B)),
    "outgoing_mail": ("outgoing-mail", (A,)),
    "second_step": ("second-step", ()),
}
SEALED = ("sealed_share_key", "reader_share_key", "sealed_meeting_key", "browser_draft")
PADDED = (
    "entry_body",
    "share_body",
    "comment",
    "held_comment",
    "meeting_body",
    "meeting_progress",
    "private_list",
    "outgoing_mail",
)
MACS = ("key_pin", "supervisee_key_pin", "group_key_pin", "share_preview", "case_id")
PLAINTEXT = (
    "Sie schwieg lange. \U0001d441othing was lost \u2014 na\u00efve, \u202eodd\u202c and \x00 kept."
).encode()


def vectors() -> dict[str, object]:
    """Return every construction, made once with fixed keys, nonces and ids."""
    public = X25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes_raw()
    blobs: dict[str, str] = {}
    for name, (label, fields) in BOUND.items():
        bound = context(label, *fields)
        if name in SEALED:
            blobs[name] = hpke_seal(public, EPHEMERAL, PLAINTEXT, bound).hex()
        elif name in MACS:
            message = bound + len(PLAINTEXT).to_bytes(4, "big") + PLAINTEXT
            blobs[name] = hmac.digest(vault_subkey(KEY, A, "pins"), message, "sha256").hex()
        else:
            data = padded(PLAINTEXT) if name in PADDED else PLAINTEXT
            blobs[name] = aes(KEY, NONCE, data, bound).hex()
    return {
        "plaintext": PLAINTEXT.hex(),
        "contexts": {
            name: context(label, *fields).hex() for name, (label, fields) in BOUND.items()
        },
        "blobs": blobs,
        "keys": {
            "password": password_key("Zürich, 11 windows", SALT, PEPPER, 64, 1).hex(),
            "recovery": derive(KEY[:16], "recovery-key", SALT).hex(),
            "unlock_lookup": derive(KEY, "unlock-lookup").hex(),
            "unlock": derive(KEY, "unlock-key", b"secret for the vectors").hex(),
            "outgoing_mail": derive(b"secret for the vectors", "outgoing-mail-key").hex(),
            "second_step": derive(b"secret for the vectors", "second-step-key").hex(),
            "wraps": vault_subkey(KEY, A, "wraps").hex(),
            "bodies": vault_subkey(KEY, A, "bodies").hex(),
            "pins": vault_subkey(KEY, A, "pins").hex(),
            "public": public.hex(),
            "fingerprint": hashlib.sha256(b"mend/1/fingerprint" + public).hexdigest(),
        },
        "recovery_codes": {
            code.hex(): recovery_code(code) for code in (bytes(16), KEY[:16], b"\xff" * 16)
        },
    }


if __name__ == "__main__":
    print(json.dumps(vectors(), indent=1, sort_keys=True))
