"""What a policy says of results."""

MESSAGES = {
    "ignored-until": "{says} (ignored until {until})",
}
