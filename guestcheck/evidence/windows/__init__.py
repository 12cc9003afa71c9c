"""What is asked of Windows guests alone: no other guest is put these questions, and none of them is
put the others'.

They lie apart so that a report of a Linux guest does not import them. A file here imports `model`
and its neighbours.
"""

# What is asked first, and what costs more after it; a file that is not named here is asked last.
FIRST = ("system", "devices", "disks", "network", "drivers", "services", "bitlocker")
