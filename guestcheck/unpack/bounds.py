"""What reading an archive, a folder or a file may cost."""

from __future__ import annotations

from guestcheck.model.source import LONGEST_LISTING, MEBIBYTE, MOST_TEXT

# What an archive may cost. A sosreport has 10,000 to 60,000 members and unpacks to 0.2 to 1 GB, of
# which 1 to 30 MB are of use here.
MOST_MEMBERS = 500_000
MOST_FOLDERS = 200_000  # a whole root file system has 30,000 to 60,000
MOST_UNPACKED = 4 << 30
MOST_KEPT = 256 << 20
LARGEST_KEPT = LONGEST_LISTING + MEBIBYTE  # of so much it is seen that it is too long
LARGEST_FILE = LONGEST_LISTING + MEBIBYTE
LONGEST_SECONDS = 120.0
MOST_FOUND = 100_000
MOST_LISTED = 200_000
# Two questions may ask for one text, and three for some.
MOST_READ = MOST_TEXT * 3 // 2
DEEPEST = 64
