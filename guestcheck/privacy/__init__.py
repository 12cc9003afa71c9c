"""What may leave a guest: secrets are masked, names are replaced."""
