"""One case over time: each rupture with its plan for repair, and each look back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from reflection.document import LookBack
from reflection.listing import Row
from reflection.reading import STANDINGS, day_of, day_of_look, shortened


@dataclass(frozen=True)
class Moment:
    """A rupture, or a look back at one, on its day."""

    kind: Literal["rupture", "look"]
    day: date
    row: Row
    look: LookBack | None = None

    @property
    def standing(self) -> str:
        """Where it stood then, in words, or an empty string."""
        return str(STANDINGS[self.look.standing]) if self.look and self.look.standing else ""

    @property
    def is_mended(self) -> bool:
        """Tell whether it was repaired then, or no rupture after all."""
        return self.look is not None and self.look.standing in {"repaired", "false_alarm"}

    @property
    def words(self) -> str:
        """Some of what was written then: of a look back, what was learned, met or done."""
        if self.look is None:
            return self.row.opening
        said = (self.look.learned, self.look.met, self.look.did)
        return shortened(next((text for text in said if text.strip()), ""))


def timeline(rows: Iterable[Row]) -> list[Moment]:
    """Return the moments of ``rows`` (opened ones), the oldest first."""
    return sorted(_moments(rows), key=lambda moment: moment.day)


def _moments(rows: Iterable[Row]) -> Iterable[Moment]:
    for row in rows:
        if row.document is None:
            continue
        yield Moment("rupture", day_of(row.document, row.entry.created_at), row)
        for look in row.document.looking_back:
            yield Moment("look", day_of_look(look), row, look)
