"""What is asked of a Linux guest. A file a family of questions."""
