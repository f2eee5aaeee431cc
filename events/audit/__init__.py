"""Proof that the events are what their steps tell, and that nothing is missing."""

from events.audit.digests import Head, copy_problems, kept_rows
from events.audit.everything import Tally, problems
from events.audit.outbox import delays
from events.audit.parallel import problems_by_many
from events.audit.tables import balance

__all__ = ["Head", "Tally", "balance", "copy_problems", "delays", "kept_rows", "problems", "problems_by_many"]
