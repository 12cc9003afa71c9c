"""Steps in a Windows guest."""
