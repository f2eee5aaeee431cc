"""Made-up people who help, for the demonstration."""
