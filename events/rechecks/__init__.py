"""Second eyes on closed cases: samples drawn by lot, and cases that closed too fast."""
