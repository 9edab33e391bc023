"""Scenes of the documents page for the gallery, over real records."""

from collections.abc import Callable

from core.desk.documents import Documents
from core.inventory.documents.following import Came
from core.inventory.documents.records import Head, LineIn
from core.inventory.documents.states import DocKind
from desktop.shell.window import DeskWindow
from tests.support.world import World


def furnish_documents(spine: World) -> dict[str, int]:
    """Documents of most kinds and states; gives ids by what they show."""
    desk: Documents = spine.desk.documents
    main, *others = (place.id for place in desk.warehouses())
    bear, card, bag = (spine.skus[code] for code in ("BEAR", "CARD", "BAG"))
    day = spine.clock.now().date().toordinal()
    ids = {}

    def draft(kind: DocKind, head: Head, *lines: LineIn) -> tuple[int, int]:
        made = desk.begin(kind, head, lines, spine.desk.nonce())
        return made.document_id, made.version

    def booked(kind: DocKind, head: Head, *lines: LineIn) -> int:
        number, version = draft(kind, head, *lines)
        desk.book(number, version, spine.desk.nonce())
        return number

    supplier = Head(main, supplier="义乌欣欣玩具厂", reference="XX-0618", expected_day=day + 3)
    ids["purchase"] = booked(
        DocKind.PURCHASE,
        supplier,
        LineIn(bear, 120, unit_cost_fen=1850),
        LineIn(card, 500, unit_cost_fen=60),
        LineIn(bag, 60, unit_cost_fen=1200),
    )
    receipt = desk.receive_against(ids["purchase"], spine.desk.nonce())
    desk.count_in(receipt.document_id, bear, 96, spine.desk.nonce(), "B260601", day + 540)
    desk.count_in(receipt.document_id, card, 500, spine.desk.nonce())
    ids["receiving"] = receipt.document_id
    booked(DocKind.RECEIPT, Head(main, supplier="余杭纸品", reason="purchase"), LineIn(card, 0, done_qty=200))
    ids["done"] = booked(DocKind.QUARANTINE, Head(main, reason="damaged: 外箱进水"), LineIn(bear, 3), LineIn(bag, 1))
    spine.clock.advance(minutes=7)
    order = desk.order_of("T2026061800001")
    assert order is not None
    back = Head(main, reference="75812345678901", order_id=order.order_id)
    ids["return"] = booked(DocKind.RETURN, back, *order.lines)
    ids["adjustment"] = booked(DocKind.ADJUSTMENT, Head(main, reason="lost: 搬仓清点"), LineIn(bag, -4))
    if others:
        ids["transfer"] = booked(
            DocKind.TRANSFER, Head(main, others[0], reason="fill_up"), LineIn(bear, 24), LineIn(bag, 10)
        )
        gone = booked(DocKind.TRANSFER, Head(main, others[0], reason="fill_up"), LineIn(card, 40))
        seen = desk.detail(gone)
        assert seen is not None
        desk.arrive(gone, seen.row.version, [Came(seen.lines[0].id, 38)], spine.desk.nonce(), is_all=True)
        ids["short"] = gone
    ids["draft"] = draft(DocKind.RETURN, Head(main))[0]
    return ids


def document_scenes(window: DeskWindow, spine: World) -> dict[str, Callable[[], None]]:
    """Name of the picture -> what leads there; in this order."""
    ids: dict[str, int] = {}

    def listed() -> None:
        ids.update(furnish_documents(spine))
        window.go("documents")

    def opened(name: str) -> Callable[[], None]:
        def open_it() -> None:
            presenter = window.page("documents")._presenter
            presenter._show(tally={})  # what was counted in the picture before is not asked about
            presenter.open(ids[name])

        return open_it

    def counted() -> None:
        presenter = window.page("documents")._presenter
        presenter.act("fill")
        presenter.scan("6901234567892")

    def rules() -> None:
        window.page("documents")._presenter.begin_rules()

    def new() -> None:
        window.page("documents")._presenter.begin_new()

    return {
        "14pn-documents": listed,
        "14po-document-purchase": opened("purchase"),
        "14pp-document-receiving": opened("receiving"),
        "14pq-document-transfer": opened("transfer"),
        "14pr-document-arriving": counted,
        "14ps-document-return": opened("return"),
        "14pt-document-difference": opened("short"),
        "14pu-document-done": opened("done"),
        "14pv-document-draft": opened("draft"),
        "14pw-document-new": new,
        "14px-document-rules": rules,
    }
