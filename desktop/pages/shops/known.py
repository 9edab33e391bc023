"""What is known of a kind of shop, in lines: the steps before it answers, what it can do, what nobody could check."""

from collections.abc import Sequence

from core.sync.shop_views import Said, ShopKind
from desktop.texts import Phrase
from desktop.ui import Ui
from desktop.widgets.controls import StatePill
from desktop.widgets.labels import PlainLabel


def in_language(ui: Ui, said: Said) -> str:
    """A sentence about a platform in the language that is shown."""
    return said.zh if ui.texts.language == "zh_CN" else said.en


def steps_of(ui: Ui, kind: ShopKind) -> Sequence[PlainLabel]:
    """What has to be done for a new shop, numbered; nothing where there is nothing to apply for."""
    if not kind.steps:
        return ()
    head = PlainLabel(ui, "body", name="shops.form.steps")
    head.say("shops.steps")
    lines = [head]
    for number, step in enumerate(kind.steps, start=1):
        line = PlainLabel(ui, "secondary", wraps=True, limit=400, name=f"shops.form.step.{number}")
        code = "shops.step" if step.is_proven else "shops.step_unproven"
        line.say(code, n=number, words=in_language(ui, step))
        lines.append(line)
    return lines


def abilities_of(ui: Ui, kind: ShopKind, name: str) -> Sequence[StatePill | PlainLabel]:
    """What shops of a kind can do and cannot do, and what of all this is unproven."""
    lines: list[StatePill | PlainLabel] = []
    for ability in kind.abilities:
        pill = StatePill(ui, name=f"{name}.ability.{ability.code.partition('.')[0]}")
        pill.show_state(ability.tone, f"shops.ability.{ability.code}")
        lines.append(pill)
    if kind.unproven:
        head = PlainLabel(ui, "body", wraps=True, name=f"{name}.unproven")
        head.say("shops.unproven")
        lines.append(head)
    for fact in kind.unproven:
        line = PlainLabel(ui, "secondary", wraps=True, limit=400)
        line.say_phrase(Phrase("shops.unproven_fact", {"words": in_language(ui, fact)}))
        lines.append(line)
    return lines
