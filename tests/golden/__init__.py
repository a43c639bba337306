"""Cases worked by hand from the law and the agreements, and what compares a run with them."""
