"""Deliberation (民主议事决策): from a topic that somebody proposes to a result that the residents confirm.

A secret vote is kept in two tables that nothing joins. The list of voters says THAT somebody voted; a ballot says WHAT
was voted, under the hash of a receipt that only the voter holds. Neither bears a time or a running number, and at the
closing the ballots are written anew in the order of their hashes. Then their list and its digest are public: each
voter finds their own line by the receipt, and everybody counts again.

It keeps the vote secret from whoever reads the tables, the pages, an export or a backup made after the closing. It
does not from an administrator who watches the running server or its write-ahead log, or keeps a backup from amid the
vote; nor where all voted alike, or hardly anybody voted. A receipt proves to others how its holder voted, if the
holder shows it. Whoever prints the slips could vote with them: the household then finds its slip used, and says so.
"""
