"""Sets a book as a PDF, in a process of its own: ``python typeset.py fonts template < book.json``.

It reads from its standard input and writes to its standard output, and to no file. What it held is
gone when it ends: the typesetter keeps what it set in memory, to be quicker the next time.
"""

import sys
from pathlib import Path
from typing import Any

import typst


def main() -> None:
    """Write the PDF; tagged for screen readers to the standard PDF/UA-1 wherever that can be."""
    folder, template = sys.argv[1:]
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]
    )
    given: dict[str, Any] = {
        "input": Path(template).read_bytes(),
        "root": folder,
        "font_paths": fonts,
        "ignore_system_fonts": True,
        "sys_inputs": {"book": sys.stdin.buffer.read().decode()},
        "format": "pdf",
    }
    try:
        pdf = typst.compile(**given, pdf_standards=["ua-1"])
    except typst.TypstError:
        # The standard allows no sign that none of the fonts has. Tagged it is all the same.
        pdf = typst.compile(**given)
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main()
