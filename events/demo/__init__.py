"""A made-up Saihan district for whoever tries the software: places, people and two months of cases."""
