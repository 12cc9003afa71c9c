"""The modules of one kernel: what is built in, what is on the disk, what depends on what. What was
not read is known not to be known.
"""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from guestcheck.catalogue.kernel import ROOT_SYMBOLS, SYMBOLS
from guestcheck.model.guest import Kernel
from guestcheck.model.hint import Hint
from guestcheck.readiness.linux.boots import Boot

# One module may have an option that newer kernels split: hv_vmbus has two.
_SYMBOLS_OF = {
    **{module: (symbol,) for module, symbol in ROOT_SYMBOLS.items()},
    **{
        module.replace("-", "_"): tuple(
            other.symbol for other in SYMBOLS if module in other.modules
        )
        for row in SYMBOLS
        for module in row.modules
    },
}


class Modules:
    """The modules of one kernel: what is built in, what is on the disk, what depends on what."""

    def __init__(
        self,
        kernel: Kernel,
        dependencies: Dict[str, Dict[str, Tuple[str, ...]]],
        boot: Optional[Boot] = None,
    ) -> None:
        self.kernel = kernel
        self._root = dependencies.get(kernel.release)
        self._image = _inside_of(boot)
        lists = [
            image.builtin[kernel.release]
            for image in (boot.images if boot else ())
            if kernel.release in image.builtin
        ]
        # The image has a copy of the list, for modprobe to know what it need not load.
        self._builtin = (
            kernel.builtin if kernel.builtin is not None else lists[0] if lists else None
        )

    def built_in(self, module: str) -> Optional[Hint]:
        """Return where it says that `module` is built in, None where it does not."""
        if self._builtin is not None and module in self._builtin:
            return Hint(
                f"/lib/modules/{self.kernel.release}/modules.builtin", f"{module} is built in"
            )
        for symbol in _SYMBOLS_OF.get(module, ()):
            if self.kernel.config is not None and self.kernel.config.get(symbol) == "y":
                return Hint(self.kernel.config_path, f"{symbol}=y")
        return None

    def knows_built_in(self, module: str) -> bool:
        """Tell whether `module` would have been seen, were it built in."""
        if self._builtin is not None:
            return True
        symbols = _SYMBOLS_OF.get(module, ())
        config = self.kernel.config
        return (
            bool(symbols)
            and config is not None
            and (self.kernel.config_complete or any(symbol in config for symbol in symbols))
        )

    def lacks(self, module: str) -> Optional[Hint]:
        """Return where it says that this kernel has no such module at all, None where it has or
        that is not known.
        """
        files = self.kernel.files
        if (
            self._builtin is not None
            and files
            and module not in files
            and module not in (self._root or {})
        ):
            return Hint(
                f"/lib/modules/{self.kernel.release}",
                f"there is no {module} in it, and modules.builtin does not name it",
            )
        symbols = _SYMBOLS_OF.get(module, ())
        config = self.kernel.config
        if (
            not symbols
            or config is None
            or not self.kernel.config_complete
            or (files and module in files)
        ):
            return None
        off = all(config.get(symbol, "n") == "n" for symbol in symbols)
        return (
            Hint(
                self.kernel.config_path,
                f"{' and '.join(symbols)} {'is' if len(symbols) == 1 else 'are'} not set",
            )
            if off
            else None
        )

    def closure(self, module: str) -> Tuple[str, ...]:
        """Return what `module` depends on, by modules.dep of the root file system and of the image.

        The list inside an image is made from what is in it, and does not name what is missing
        (mkinitramfs runs depmod there).
        """
        found = dict.fromkeys((self._root or {}).get(module, ()))
        found.update(dict.fromkeys(self._image.get(module, ())))
        return tuple(found)

    def unlisted(self, module: str) -> bool:
        """Tell whether the image has a list of its modules that does not name this one."""
        return bool(self._image) and module not in self._image

    @property
    def knows_dependencies(self) -> bool:
        """Tell whether modules.dep of this kernel was read."""
        return self._root is not None or bool(self._image)


def _inside_of(boot: Optional[Boot]) -> Dict[str, Tuple[str, ...]]:
    found: Dict[str, Tuple[str, ...]] = {}
    for image in boot.images if boot else ():
        found.update(image.dependencies.get(boot.release, {}) if boot else {})
    return found


def symbol_of(module: str) -> str:
    """Return the option that builds `module`, "" where the catalogue has none."""
    return next(iter(_SYMBOLS_OF.get(module, ())), "")
