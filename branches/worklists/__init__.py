"""Work lists and their claims: the table of actions, the pages, the figures."""
