"""Proof that the events are what their steps tell, and that nothing is missing."""

from events.audit.digests import Head, copy_problems, kept_rows
from events.audit.everything import Tally, history_problems, lost_files, problems, state_problems, whole_problems
from events.audit.outbox import delays, told_delays
from events.audit.parallel import problems_by_many
from events.audit.reading import UNREADABLE, pass_over
from events.audit.samples import new_samples
from events.audit.tables import balance

__all__ = [
    "UNREADABLE",
    "Head",
    "Tally",
    "balance",
    "copy_problems",
    "delays",
    "history_problems",
    "kept_rows",
    "lost_files",
    "new_samples",
    "pass_over",
    "problems",
    "problems_by_many",
    "state_problems",
    "told_delays",
    "whole_problems",
]
