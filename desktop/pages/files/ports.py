"""What the page of files needs from core; `core.desk.files.Files` satisfies it by shape."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    # The page is loaded when it is first opened; a start loads nothing of it but this shape.
    from core.desk.files import FileShop, Plan, Read
    from core.files.mapping import Mapped
    from core.files.progress import Progress
    from core.files.records import Exported, Imported, PastImport, Rejected


class FileDesk(Protocol):
    """Reading and writing tables; every method may take seconds and runs in the lane of files."""

    def shops(self) -> "tuple[FileShop, ...]":
        """Shops whose orders come in files."""
        ...

    def add_shop(self, name: str, platform: str) -> "FileShop":
        """Add one."""
        ...

    def read(self, paths: Sequence[Path], progress: "Progress | None" = None) -> "tuple[Read, ...]":
        """Read files and say what they may be."""
        ...

    def assign(self, read: "Read", name: str, kind: str, columns: Mapping[str, str]) -> "Read":
        """Say what the columns of a file mean."""
        ...

    def plan(self, chosen: "Sequence[tuple[Read, Mapped]]", shop_id: int | None) -> "Plan":
        """What taking the files in would do."""
        ...

    def run(self, plan: "Plan", progress: "Progress") -> "tuple[Imported, Sequence[Rejected]]":
        """Do it."""
        ...

    def recent(self) -> "tuple[PastImport, ...]":
        """The newest imports."""
        ...

    def save_rejected(self, plan: "Plan", rejected: "Sequence[Rejected]", path: Path, reason: str) -> "Exported":
        """Write the refused rows."""
        ...

    def export_orders(self, path: Path, shop_id: int | None, reason: str) -> "Exported":
        """Write orders."""
        ...

    def export_stock(self, path: Path) -> "Exported":
        """Write the stock."""
        ...

    def export_day(self, path: Path) -> "Exported":
        """Write the day so far."""
        ...

    def export_report(self, path: Path, first: date, last: date, progress: "Progress | None" = None) -> "Exported":
        """Write the work of several days."""
        ...

    def export_shipping(self, path: Path, shop_id: int, *, again: bool = False) -> "Exported":
        """Write the table that tells a platform of shipped parcels."""
        ...
