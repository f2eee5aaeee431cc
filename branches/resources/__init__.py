"""People, money, materials and sites: what is planned for a year, and what was spent."""
