"""Steps on the host. A file a platform."""
