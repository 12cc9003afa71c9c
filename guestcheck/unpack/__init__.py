"""What bytes are packed in."""
