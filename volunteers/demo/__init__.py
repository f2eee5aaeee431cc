"""Made-up work of people who help, through the services."""
