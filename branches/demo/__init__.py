"""The made-up branches and what runs in them."""
