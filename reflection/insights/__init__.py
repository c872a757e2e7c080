"""What one's own journal shows over time: counts in words, drawings and tables. Never a grade."""
