"""Service orders (点单、派单、接单、评单): what residents ask for, who does it, and what they say of it."""
