"""Made-up people who help, and what they do, for the demo; each noun has a module of its own."""
