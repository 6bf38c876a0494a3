"""Meters: how much of a whole is read, and how much is begun."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meter:
    """Issues read, and begun (queued or being read) but not read, of a total."""

    read: int
    open: int
    total: int

    @property
    def read_percent(self) -> str:
        return self._percent(self.read)

    @property
    def open_percent(self) -> str:
        return self._percent(self.open)

    @property
    def label(self) -> str:
        return f"{self.read} of {self.total} read"

    def _percent(self, part: int) -> str:
        """Return a share as the width of a bar, in per cent of the meter's."""
        return f"{100 * part / self.total if self.total else 0:.2f}"
