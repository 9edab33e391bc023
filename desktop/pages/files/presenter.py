"""The page of files without widgets: choose, recognise, look, take in; and the ways out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.desk.files import FileShop, Plan, Read
from core.files.fields import FIELDS, KINDS
from core.files.mapping import known_columns
from core.files.progress import Progress
from core.files.records import Exported, Imported, PastImport, Rejected
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.files.ports import FileDesk
from desktop.texts import Phrase

EMPTY, READING, MAPPING, PREVIEW, IMPORTING, DONE = "empty", "reading", "mapping", "preview", "importing", "done"
#: while these last, the page shows how far they are
BUSY = (READING, IMPORTING)


@dataclass(frozen=True, slots=True)
class FilesScreen:
    """What the page shows.

    Attributes:
        phase: empty | reading | mapping | preview | importing | done.
        reads: the chosen files.
        asked: place of the file whose columns are being assigned.
        shop_id: whose orders these are, 0 before somebody said it.
        plan: what would happen, None while it is worked out.
        rejected: refused rows, of the plan or of what was done.
    """

    phase: str = EMPTY
    reads: tuple[Read, ...] = ()
    asked: int = 0
    shops: tuple[FileShop, ...] = ()
    shop_id: int = 0
    plan: Plan | None = None
    done: Imported | None = None
    rejected: tuple[Rejected, ...] = ()
    recent: tuple[PastImport, ...] = ()

    @property
    def needs_shop(self) -> bool:
        """Whether a shop has to be named before anything can be taken in."""
        return self.plan is not None and self.plan.kind == "orders" and not self.shop_id

    @property
    def can_start(self) -> bool:
        """Whether there is something to take in."""
        return self.phase == PREVIEW and self.plan is not None and not self.needs_shop


class FilesPresenter(ScreenPresenter[FilesScreen]):
    """Asks and acts in the lane of files, one thing after the other."""

    def __init__(self, files: FileDesk | None, tasks: Tasks, tell: Tell) -> None:
        """`files` None: the page only says that nothing can be done here."""
        super().__init__(FilesScreen(), tell)
        self._files = files
        self._tasks = tasks
        self.progress = Progress()

    def look(self) -> None:
        """Read shops and recent imports again."""
        files = self._files
        if files is None:
            return
        self._tasks.submit(
            lambda: (files.shops(), files.recent()),
            lambda seen: self._show(shops=seen[0], recent=seen[1]),
            self._fail,
            owner=self,
            key="look",
            lane=Lane.FILES,
        )

    # --- in ---------------------------------------------------------------------------------------------------------

    def choose(self, paths: Sequence[Path]) -> None:
        """Read these files; several belong together."""
        files = self._files
        if files is None or not paths or self._screen.phase in BUSY:
            return
        progress = self._begin(READING)
        self._submit(lambda: files.read(paths, progress), self._on_read)

    def _on_read(self, reads: tuple[Read, ...]) -> None:
        self._show(reads=reads, plan=None, done=None, rejected=())
        unknown = next((place for place, read in enumerate(reads) if not read.choices), None)
        if unknown is not None:
            self._show(phase=MAPPING, asked=unknown)
        else:
            self._show(phase=PREVIEW, shop_id=self._shop_for(reads))
            self._plan()

    def _shop_for(self, reads: Sequence[Read]) -> int:
        """The shop chosen last, or the only one, if it is of the platform whose table this is; 0: ask the clerk."""
        platform = _platform_of(reads)
        fitting = [shop.id for shop in self._screen.shops if shop.platform == platform]
        if self._screen.shop_id in fitting:
            return self._screen.shop_id
        return fitting[0] if len(fitting) == 1 else 0

    def edit_columns(self, place: int) -> None:
        """Assign the columns of a file by hand although it was recognised."""
        if self._screen.phase == PREVIEW and place < len(self._screen.reads):
            self._show(phase=MAPPING, asked=place)

    def suggested(self, kind: str) -> Mapping[str, str]:
        """Field -> column of the file being assigned, as far as it is known."""
        read = self._screen.reads[self._screen.asked]
        names = {field.name for field in FIELDS[kind]}
        for mapped in read.choices:
            if mapped.preset.kind == kind:
                places = mapped.places.items()
                return {field: read.table.header[found[0]] for field, found in places if field in names}
        known = known_columns(kind, read.table.header)
        return {field: column for field, column in known.items() if field in names}

    def likely_kind(self) -> str:
        """What the file being assigned probably is: what finds all it needs by the usual heads, and the most."""
        read = self._screen.reads[self._screen.asked]
        if read.choices and read.choices[0].preset.kind in KINDS:
            return read.choices[0].preset.kind
        found = {kind: set(self.suggested(kind)) for kind in KINDS}
        whole = [kind for kind in KINDS if {one.name for one in FIELDS[kind] if one.is_needed} <= found[kind]]
        return max(whole, key=lambda kind: len(found[kind]), default=KINDS[0])

    def assign(self, name: str, kind: str, columns: Mapping[str, str]) -> None:
        """Keep what the columns mean, and go on."""
        files, place = self._files, self._screen.asked
        if files is None or self._screen.phase != MAPPING:
            return
        read = self._screen.reads[place]

        def kept(known: Read) -> None:
            reads = self._screen.reads
            self._on_read((*reads[:place], known, *reads[place + 1 :]))

        self._submit(lambda: files.assign(read, name, kind, columns), kept, goes_back=False)

    def pick_shop(self, name: str) -> None:
        """These orders belong to that shop."""
        shop = next((shop for shop in self._screen.shops if shop.name == name), None)
        platform = _platform_of(self._screen.reads)
        if shop is not None and shop.platform and platform not in ("", shop.platform):
            facts = {"name": shop.name, "platform": Phrase(f"files.platform.{platform}")}
            self._tell("notice", Phrase("files.other_platform", facts), None)
            shop = None
        self._show(shop_id=shop.id if shop is not None else 0)
        if self._screen.phase == PREVIEW:
            self._plan()

    def add_shop(self, name: str, platform: str) -> None:
        """Add a shop whose orders come in files, and take these for its."""
        files = self._files
        if files is None:
            return

        def added(shop: FileShop) -> None:
            self._show(shops=(*self._screen.shops, shop))
            self._tell("good", Phrase("files.shop_added", {"name": shop.name}), None)
            self.pick_shop(shop.name)

        self._submit(lambda: files.add_shop(name, platform), added, goes_back=False)

    def _plan(self) -> None:
        files, screen = self._files, self._screen
        if files is None:
            return
        chosen = [(read, read.choices[0]) for read in screen.reads]
        shop_id = screen.shop_id or None

        def planned(plan: Plan) -> None:
            self._show(plan=plan, rejected=tuple(plan.rejected))

        self._show(plan=None)
        self._tasks.submit(
            lambda: files.plan(chosen, shop_id), planned, self._back_out, owner=self, key="plan", lane=Lane.FILES
        )

    def start(self) -> None:
        """Take in what was shown."""
        files, plan = self._files, self._screen.plan
        if files is None or plan is None or not self._screen.can_start:
            return
        progress = self._begin(IMPORTING)

        def done(result: tuple[Imported, Sequence[Rejected]]) -> None:
            self._show(phase=DONE, done=result[0], rejected=tuple(result[1]))
            self.look()

        self._submit(lambda: files.run(plan, progress), done)

    def cancel(self) -> None:
        """Stop what runs, or put the files away."""
        if self._screen.phase in BUSY:
            self.progress.cancel()
        else:
            self.put_away()

    def put_away(self) -> None:
        """Back to the beginning."""
        self._show(phase=EMPTY, reads=(), plan=None, done=None, rejected=(), asked=0)

    # --- out --------------------------------------------------------------------------------------------------------

    def save_rejected(self, path: Path, reason: str) -> None:
        """Write the refused rows with their reasons."""
        files, plan, rejected = self._files, self._screen.plan, self._screen.rejected
        if files is not None and plan is not None and rejected:
            self._export(lambda: files.save_rejected(plan, rejected, path, reason))

    def export_orders(self, path: Path, shop: str, reason: str) -> None:
        """Write orders, of one shop or (no name) of all."""
        files, shop_id = self._files, self._shop_id(shop)
        if files is not None:
            self._export(lambda: files.export_orders(path, shop_id, reason))

    def export_stock(self, path: Path) -> None:
        """Write the stock."""
        files = self._files
        if files is not None:
            self._export(lambda: files.export_stock(path))

    def export_day(self, path: Path) -> None:
        """Write the day so far."""
        files = self._files
        if files is not None:
            self._export(lambda: files.export_day(path))

    def export_shipping(self, path: Path, shop: str, *, again: bool) -> None:
        """Write the table that tells a platform of shipped parcels."""
        files, shop_id = self._files, self._shop_id(shop)
        if files is None:
            return
        if shop_id is None:
            self._tell("notice", Phrase("files.name_shop_first"), None)
            return
        self._export(lambda: files.export_shipping(path, shop_id, again=again))

    def _shop_id(self, name: str) -> int | None:
        return next((shop.id for shop in self._screen.shops if shop.name == name), None)

    def _export(self, work: Callable[[], Exported]) -> None:
        def written(done: Exported) -> None:
            facts = {"name": Path(done.path).name, "n": done.rows}
            self._tell("good", Phrase("files.written", facts), None)

        self._submit(work, written, goes_back=False)

    # --- the same for all -------------------------------------------------------------------------------------------

    def _begin(self, phase: str) -> Progress:
        self.progress = Progress()
        self._show(phase=phase)
        return self.progress

    def _submit(self, work: Callable[[], Any], on_result: Callable[[Any], None], *, goes_back: bool = True) -> None:
        on_error = self._back_out if goes_back else self._fail
        self._tasks.submit(work, on_result, on_error, owner=self, lane=Lane.FILES)

    def _back_out(self, error: Exception) -> None:
        self.put_away()
        self._fail(error)


def _platform_of(reads: Sequence[Read]) -> str:
    """Whose table this is, empty where it is anybody's."""
    return reads[0].choices[0].preset.platform if reads and reads[0].choices else ""
