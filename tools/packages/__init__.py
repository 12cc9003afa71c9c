"""What `make dist` builds: a file a thing that goes into the packages, or that is made of them.

`words` reads the command line from the program's own parsers; `man` and `completions` are written
from it; `install` puts all of it in a root as the deb and the rpm have it; `stage` lays out clean
sources; `zipapp` and `build` make what is handed out; `same` builds twice and compares. Run by
`python3 -m tools.packages`, with nothing but the standard library, but for the wheel, which takes
flit_core.
"""
