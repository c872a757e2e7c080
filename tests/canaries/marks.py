"""What is typed, and how it is looked for in bytes, however they are written."""

import base64
import binascii
import gzip
import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path

# What may stand around a mark: a text is looked for by its mark, wherever that is in it.
AROUND = (
    ("She said it twice: ", " and looked at the door."),
    ("🪡🏳️‍🌈 ", " 🫂"),
    ("שלום \u202e", "\u202c مرحبا"),
    ("<b>&amp;\"'\\ ", " {{ x }} %s </b>"),
    ("e\u0301\u200b", "\u00a0ñ\ufb01"),
    ("SW1A 1AA, 07700 900123, ", " on 3 May 2024, aged 41"),
)
LETTERS = "bcdfghjkmnpqrstvwxz"


def new_mark() -> str:
    """Return twelve consonants that stand nowhere by chance, another set each time."""
    return "".join(random.choices(LETTERS, k=12))


@dataclass
class Marks:
    """Hands out distinct texts that all hold one mark, and remembers each by its number."""

    mark: str = field(default_factory=new_mark)
    given: dict[int, str] = field(default_factory=dict)

    def new(self, *, lines: bool = False) -> str:
        """Return a text never handed out before; with ``lines`` of several lines."""
        number = len(self.given)
        before, after = AROUND[number % len(AROUND)]
        text = f"{before}{self.mark}{number:04d}{after}"
        if lines and number % 2:
            text = f"{text}\n\n\t…{self.mark}{number:04d}"
        self.given[number] = text
        return text

    def tag(self) -> str:
        """Return a text that can be a tag: short, and without a comma."""
        number = len(self.given)
        self.given[number] = f"Tür {self.mark}{number:04d} 🚪"
        return self.given[number]

    def password(self) -> str:
        """Return a password that holds the mark: nor may one of those be found."""
        number = len(self.given)
        self.given[number] = f"{self.mark}{number:04d} Zwei Stühle?"
        return self.given[number]

    def numbers_in(self, text: str) -> set[int]:
        """Return the numbers of the texts whose mark stands in ``text``."""
        return {int(found) for found in re.findall(self.mark + r"(\d{4})", text)}


def needles(secret: str) -> dict[str, bytes]:
    """Return ``secret``'s bytes by the name of each way of writing them."""
    plain = secret.encode()
    ways = {
        "as it is": plain,
        "UTF-16, little end first": secret.encode("utf-16-le"),
        "UTF-16, big end first": secret.encode("utf-16-be"),
        "percent-encoded": "".join(f"%{byte:02x}" for byte in plain).encode(),
        "hexadecimal": binascii.hexlify(plain),
        "reversed": plain[::-1],
    }
    # Base64 writes the same three bytes in three ways, as they fall. The letters that also hold a
    # neighbour's bits are left off.
    for shift in range(3):
        written = base64.b64encode(b"\0" * shift + plain)
        ways[f"Base64, shifted by {shift}"] = written[4 if shift else 0 : len(written) - 4]
    return ways


class Search:
    """Looks for secrets in bytes, files and folders; what it finds is said with its place."""

    def __init__(self, *secrets: str) -> None:
        self.needles = [
            (secret, way, needle.lower() if "Base64" not in way else needle)
            for secret in secrets
            for way, needle in needles(secret).items()
        ]
        self.bytes_seen = 0

    def within(self, data: bytes | str, where: str) -> list[str]:
        """Return a line for each way in which a secret stands in ``data``."""
        raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        self.bytes_seen += len(raw)
        lowered = raw.lower()
        found = []
        for secret, way, needle in self.needles:
            hay = raw if "Base64" in way else lowered
            at = hay.find(needle)
            if at >= 0:
                found.append(f"{where}: {secret[:4]}… {way}, at {at}: {raw[at - 60 : at + 60]!r}")
        return found

    def in_file(self, path: Path, name: str) -> list[str]:
        """Return what stands in the file or its name, unpacked too if it is packed or a mail."""
        found = self.within(name, f"the name of {name}")
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # gone meanwhile, as a task that was taken is
            return found
        found += self.within(data, name)
        if data.startswith(b"\x1f\x8b"):
            found += self.within(gzip.decompress(data), f"{name}, unpacked")
        if path.suffix in (".log", ".eml") and b"\nSubject: " in data:
            for number, mail in enumerate(mails_in(data)):
                found += self.within(mail, f"mail {number} in {name}")
        return found

    def in_folder(self, folder: Path) -> list[str]:
        """Return what stands in any file of ``folder``, or in any name."""
        return [
            line
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.is_symlink()
            for line in self.in_file(path, str(path.relative_to(folder)))
        ]


def mails_in(data: bytes) -> Iterator[str]:
    """Give the mails of a file of Django's, decoded: headers, then text."""
    for part in data.split(b"\n" + b"-" * 79):
        if not part.strip():
            continue
        message = message_from_bytes(part.strip() + b"\n", policy=policy.default)
        headers = "\n".join(f"{name}: {value}" for name, value in message.items())
        yield f"{headers}\n\n{message.get_content()}"


SIGNED = re.compile(r"\.?[A-Za-z0-9_-]{8,}")


def unpacked(value: str) -> str:
    """Return a cookie's value with whatever Django packed into it, if it did."""
    parts = [value]
    for piece in SIGNED.findall(value):
        bare = piece.lstrip(".")
        try:
            data = base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
            parts.append((zlib.decompress(data) if piece.startswith(".") else data).decode())
        except (ValueError, zlib.error):
            continue
    return "\n".join(parts)
