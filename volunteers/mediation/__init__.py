"""Joint mediation (矛盾联调): police, community workers and branch secretaries settle a dispute with its parties."""
