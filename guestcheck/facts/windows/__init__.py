"""Facts of a Windows guest."""
