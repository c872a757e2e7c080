"""What the bench calls the saves it compares."""

FIRST_SAVES, LAST_SAVES = "save, 1st to 20th of 300", "save, 281st to 300th of 300"
