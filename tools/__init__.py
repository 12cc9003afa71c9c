"""What is run while working on guestcheck, and is no part of it."""
