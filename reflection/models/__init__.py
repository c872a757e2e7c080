from reflection.models.guide import (
    Evidence,
    GuideText,
    Pattern,
    PatternPoint,
    Reference,
    RepairStrategy,
    Topic,
)
from reflection.models.incoming import Incoming
from reflection.models.journal import Entry, EntryVersion
from reflection.models.private import PrivateList
from reflection.models.today import TodayChoices

__all__ = [
    "Entry",
    "EntryVersion",
    "Evidence",
    "GuideText",
    "Incoming",
    "Pattern",
    "PatternPoint",
    "PrivateList",
    "Reference",
    "RepairStrategy",
    "TodayChoices",
    "Topic",
]
