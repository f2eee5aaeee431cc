"""Lifelike examples of the branches' work, made through the services."""
