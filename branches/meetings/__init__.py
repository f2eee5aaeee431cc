"""Joint meetings: their agenda that gathers itself, their pages, and the calendar of one's own."""
