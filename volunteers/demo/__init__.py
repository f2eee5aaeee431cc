"""People who help, in the demo: each noun has a file of its own, which works through the services."""
