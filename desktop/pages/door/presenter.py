"""The page of the malls' door without widgets."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.desk.door import DoorShop, DoorView, NewKey
from core.gateway.keys import KeyView
from core.gateway.wishes import DoorWish
from core.runtime.errors import DomainError
from desktop.bridge.screens import ScreenPresenter, Tell
from desktop.bridge.tasks import Lane, Tasks
from desktop.pages.door.ports import MallDoor, TryingShop
from desktop.texts import Phrase


@dataclass(frozen=True, slots=True)
class DoorScreen:
    """What the page shows.

    Attributes:
        view: what core says, None before the first answer.
        new_key: a key just made, shown until it is put away: its secret is told nowhere else.
        armed: id of the key that the next press revokes; 0 for none.
        tries: whether the practice shop reserves before it sells; None where there is none.
        is_lan_armed: the next press opens the door to the whole local network.
    """

    view: DoorView | None = None
    new_key: NewKey | None = None
    armed: int = 0
    tries: bool | None = None
    is_lan_armed: bool = False
    is_busy: bool = False

    @property
    def state(self) -> str:
        """One word for how the door stands: open, opening, failed, or shut."""
        view = self.view
        if view is None or not view.wish.is_open:
            return "shut"
        if view.is_listening:
            return "open"
        return "failed" if view.node is not None and view.node.state == "failed" else "opening"

    @property
    def address(self) -> str:
        """Where malls call, empty while nobody answers there."""
        view = self.view
        return view.node.address if view is not None and view.node is not None and self.state == "open" else ""


class DoorPresenter(ScreenPresenter[DoorScreen]):
    """Looks in the lane of reads; whatever changes something goes through the lane of acts."""

    def __init__(
        self, door: Callable[[], MallDoor], tasks: Tasks, tell: Tell, practice: TryingShop | None = None
    ) -> None:
        """`door` gives core's side, which is loaded with the first look."""
        super().__init__(DoorScreen(), tell)
        self._door = door
        self._practice = practice
        self._tasks = tasks

    def look(self) -> None:
        """Read everything again."""
        self._tasks.submit(
            lambda: (self._door().view(), self._tries()),
            lambda seen: self._show(view=seen[0], tries=seen[1]),
            self._fail,
            owner=self,
            key="look",
        )

    def _tries(self) -> bool | None:
        try:
            return None if self._practice is None else self._practice.uses_door()
        except DomainError:
            # It is not open (yet).
            return None

    def set_tries(self, is_on: bool) -> None:
        """Let the practice shop reserve before it sells, or not."""
        practice = self._practice
        if practice is not None and self._screen.tries is not is_on:
            code = "door.practice_on" if is_on else "door.practice_off"
            self._act(lambda: practice.use_door(is_on=is_on), Phrase(code), lambda: self.set_tries(not is_on))

    def toggle(self) -> None:
        """Open the door, or shut it; to the whole local network only with a second press."""
        view = self._screen.view
        if view is None:
            return
        wish = replace(view.wish, is_open=not view.wish.is_open)
        if wish.is_open and wish.is_lan and not self._screen.is_lan_armed:
            self._show(is_lan_armed=True)
            self._tell("notice", Phrase("door.lan_sure"), None)
            return
        self._set(wish, Phrase("door.opened" if wish.is_open else "door.shut"), self.toggle)

    def set_lan(self, is_lan: bool) -> None:
        """Whether other machines of the network may call; an open door takes a second press for that."""
        view = self._screen.view
        if view is None or view.wish.is_lan == is_lan:
            return
        if is_lan and view.wish.is_open and not self._screen.is_lan_armed:
            self._show(is_lan_armed=True)
            self._tell("notice", Phrase("door.lan_sure"), None)
            return
        code = "door.lan_on" if is_lan else "door.lan_off"
        self._set(replace(view.wish, is_lan=is_lan), Phrase(code), lambda: self.set_lan(not is_lan))

    def set_port(self, port: int) -> None:
        """Another port."""
        view = self._screen.view
        if view is not None and view.wish.port != port:
            before = view.wish.port
            done = Phrase("door.port_set", {"port": port})
            self._set(replace(view.wish, port=port), done, lambda: self.set_port(before))

    def make_key(self, shop: DoorShop) -> None:
        """A new key of a shop, shown once."""
        if self._screen.is_busy:
            # A second press before the answer is no second key.
            return
        self._show(is_busy=True)

        def made(key: NewKey) -> None:
            self._show(is_busy=False, new_key=key)
            self.look()

        self._tasks.submit(
            lambda: self._door().make_key(shop.id), made, self._free_and_fail, owner=self, lane=Lane.ACTS
        )

    def put_away(self) -> bool:
        """Forget the key that is shown; whether there was one."""
        was_shown = self._screen.new_key is not None
        self._show(new_key=None, armed=0, is_lan_armed=False)
        return was_shown

    def revoke(self, key: KeyView) -> None:
        """Let a key open nothing any more; with a second press, for the mall stops calling at that moment."""
        if self._screen.armed != key.id:
            self._show(armed=key.id)
            self._tell("notice", Phrase("door.revoke_sure", {"shop": key.shop_name}), None)
            return
        self._show(armed=0)
        self._act(lambda: self._door().revoke_key(key.id), Phrase("door.revoked", {"shop": key.shop_name}))

    def set_paused(self, shop: DoorShop) -> None:
        """Stop what a shop sells here, or let it sell again."""
        wanted = not shop.is_paused
        self._act(
            lambda: self._door().set_paused(shop.id, is_paused=wanted),
            Phrase("door.paused" if wanted else "door.resumed", {"shop": shop.name}),
            lambda: self.set_paused(replace(shop, is_paused=wanted)),
        )

    def copied(self, code: str) -> None:
        """Something is in the clipboard."""
        self._tell("good", Phrase(code), None)

    def _set(self, wish: DoorWish, done: Phrase, undo: Callable[[], None]) -> None:
        self._show(is_lan_armed=False)
        self._act(lambda: self._door().set_wish(wish), done, undo)

    def _act(self, work: Callable[[], object], done: Phrase, undo: Callable[[], None] | None = None) -> None:
        def finished(_result: object) -> None:
            self._tell("good", done, undo)
            self.look()

        self._tasks.submit(work, finished, self._fail, owner=self, lane=Lane.ACTS)

    def _free_and_fail(self, error: Exception) -> None:
        self._show(is_busy=False)
        self._fail(error)
