"""Made-up branches and what runs in them, for the demo."""
