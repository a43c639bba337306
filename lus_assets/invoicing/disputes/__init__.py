"""What municipalities send back: objections taken in, kept, decided and followed."""
