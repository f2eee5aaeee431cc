"""Activities: planned, joined, held once, and told of. The code at the door is no clock-in: it is for activities alone,
knows no place, and what it noted is on the organiser's list to be put right."""
