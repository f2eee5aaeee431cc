"""The only functions that change branches and what runs in them."""

__all__: list[str] = []
