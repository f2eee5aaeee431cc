"""Key households (重点户): who needs care and agreed to be visited, and nothing else about anyone.

A household is seen by whoever answers for it, as long as they stand in its community, and by the desk of the community
(its chief, officials and dispatchers): not by grids below or above, not by the police, not by superusers, and in no
list, search, sheet or API. What tells who they are, what was agreed and what a visit noted is encrypted; the pages show
it masked, and each look in full is written down with its reason. The district's officials read these looks, not the
names, and look themselves only with a reason of their own. When consent is taken back, or its time is over, all of it
is erased, the unit as well: what stays is a row of the community that counts, and who looked when.
"""
