"""Made-up branches of the demo district, and what runs in them."""
