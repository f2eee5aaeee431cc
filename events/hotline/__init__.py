"""Sheets of the 12345 hotline: what their headings, words and places mean here, and what of them must not be kept.

Nothing here writes; `services/hotline.py` takes the sheets in and `services/hotline_filing.py` makes cases of them.
"""
