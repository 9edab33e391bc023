"""The practice shop's pictures of its goods, for everybody to see, as a mall shows them."""

from collections.abc import Sequence
from pathlib import Path

from core.practice.catalogue import PracticeSku
from core.practice.refusal import RefusalError
from core.practice.web import Answer, Request, Router


class Pictures:
    """Hands out the pictures of what is sold, and no other file."""

    def __init__(self, folder: Path | None, catalogue: Sequence[PracticeSku]) -> None:
        self._files = {} if folder is None else {f"{sku.code}.png": folder / f"{sku.code}.png" for sku in catalogue}

    def add_to(self, router: Router) -> None:
        """Register the address."""
        router.add("GET", "/pictures/{}", self._picture)

    def _picture(self, request: Request, name: str) -> Answer:
        request.query()
        try:
            return Answer(200, self._files[name].read_bytes(), "image/png")
        except (KeyError, OSError):
            raise RefusalError(404, "unknown_picture", "there is no such picture") from None
