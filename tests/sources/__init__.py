"""Deliveries that lie elsewhere, on real servers on loopback."""
