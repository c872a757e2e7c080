from reflection.models.journal import Entry, EntryVersion

__all__ = ["Entry", "EntryVersion"]
