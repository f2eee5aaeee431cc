"""Joint patrols (排查联合): police and grid staff look at buildings together, and file what they find on the spot."""
