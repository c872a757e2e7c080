"""A reflection as a Markdown file: front matter, then the passages under headings, as written."""

import re
import unicodedata
from typing import Any

import yaml
from django.utils.timezone import localtime

from reflection.document import Block
from reflection.export.shape import Leaf

LONGEST_NAME = 80
# What some system or other cannot have in a file's name, and what would turn its letters round.
_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]')


def file_name(leaf: Leaf, folder: str = "") -> str:
    """Return the file's name: its day, its title, and enough of its id to be the only one."""
    title = _UNFIT.sub(" ", unicodedata.normalize("NFC", leaf.title))
    title = " ".join(title.split())[:LONGEST_NAME].strip(" .") or "-"
    name = f"{localtime(leaf.begun_at):%Y-%m-%d} {title} ({leaf.id.hex[:8]}).md"
    return f"{folder}/{name}" if folder else name


def written(leaf: Leaf) -> str:
    """Return the file's text. What somebody wrote stands in it letter for letter."""
    head: dict[str, Any] = {
        "mend": 1,
        "id": str(leaf.id),
        "title": leaf.title,
        "created": localtime(leaf.begun_at).isoformat(timespec="seconds"),
        **leaf.front,
    }
    front = yaml.safe_dump(head, allow_unicode=True, sort_keys=False, width=10**6)
    lines = ["---", front.rstrip("\n"), "---", "", f"# {_one_line(leaf.title)}", ""]
    lines += [f"*{fact}*  " for fact in leaf.facts]
    for passage in leaf.passages:
        lines += ["", f"## {_one_line(passage.title)}"]
        for block in passage.blocks:
            lines += _block(block)
    return "\n".join(lines).rstrip("\n") + "\n"


def _block(block: Block) -> list[str]:
    lines = ["", f"### {_one_line(block.label)}"] if block.label else []
    lines.append("")
    lines += ["- " + "\n  ".join(item.splitlines()) for item in block.items]
    if block.style == "quote":
        lines += [f"> {line}".rstrip() for line in block.text.split("\n")]
    elif block.text:
        lines.append(block.text)
    return lines


def _one_line(text: str) -> str:
    return " ".join(text.split())
