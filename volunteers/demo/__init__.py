"""What the demo shows of people who help, one module for each noun."""
