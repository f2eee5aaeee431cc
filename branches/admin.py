"""Branches and what runs in them in Django admin."""

from branches.deliberation.admin import TopicAdmin

__all__ = ["TopicAdmin"]
