"""Double check-in (双报到): organisations report to a community, their members to where they live or serve."""
