"""How people are told: their pages and choices, mail and group robots."""
