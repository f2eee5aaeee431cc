"""Spreadsheets in and out: what a file holds, what its rows mean, and how we write such files ourselves.

`reading` (with `workbook`) turns bytes into rows and knows no model; `cells` turns a cell into a value; a kind of
sheet (`kinds`) says what its rows would change, and hands the writing to the services; `writing` makes files. Another
app adds a kind of its own with `kinds.register` when it is ready. `services/importing.py` drives all this.
"""
