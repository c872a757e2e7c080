"""Canaries: marked strings typed everywhere people write, and then looked for where none may be."""
