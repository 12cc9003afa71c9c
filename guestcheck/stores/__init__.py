"""Where files lie: folders, archives, disk images."""
