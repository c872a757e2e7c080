"""What the two halves of the bench both speak of."""

FIRST_SAVES, LAST_SAVES = "save, 4th to 23rd", "save, 281st to 300th"
# The most a page may take where much was written, in times what it takes where little was.
GROWTH_TARGETS = {"open": 1.2, "save": 1.2, "list": 1.2, "desk": 1.3}
