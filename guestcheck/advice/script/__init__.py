"""The fix script of a Linux guest."""
