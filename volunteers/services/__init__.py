"""The only functions that change what people who help offer and do. `actor` is None for a command."""
