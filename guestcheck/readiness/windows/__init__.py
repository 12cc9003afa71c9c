"""Whether a Windows guest boots, and has its network, after a move."""
