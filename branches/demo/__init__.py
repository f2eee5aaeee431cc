"""Made-up examples of what runs in the branches."""
