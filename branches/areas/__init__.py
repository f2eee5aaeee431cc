"""Members' areas: their pages, and what they reckon."""
