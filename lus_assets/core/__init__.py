"""What every step stands on: where state lies, how failures speak, settings and the lock."""
