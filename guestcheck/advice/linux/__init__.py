"""Steps in a Linux guest."""
