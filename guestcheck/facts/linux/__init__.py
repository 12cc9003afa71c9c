"""Facts of a Linux guest. A file a subject."""
