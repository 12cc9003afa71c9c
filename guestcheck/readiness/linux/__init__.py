"""Whether a Linux guest boots, and has its network, after a move."""
