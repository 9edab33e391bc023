"""A job of the component route on its way: what is to be printed, by whom, and the open line to it."""

import hashlib
from dataclasses import dataclass

import numpy as np

from printing.bitmap import Bitmap
from printing.components.content import content_from_mapping
from printing.components.contract import Components, Session, Task
from printing.components.dialects import DIALECTS
from printing.components.messages import print_request
from printing.errors import NothingSent, PrintingError
from printing.jobs import ClaimedJob
from printing.profile import PrinterProfile
from printing.templates.sheets import find_sheet


@dataclass(slots=True)
class Followed:
    """A job that a component has in hand, or is about to get.

    Attributes:
        sha256: of the task's documents; kept instead of them.
        ends_at: monotonic second from which its fate counts as unknown.
        is_in_trouble: the printer stands still for paper or an open cover.
    """

    job: ClaimedJob
    task: Task
    session: Session
    sha256: str
    ends_at: float = 0.0
    is_in_trouble: bool = False


def call_component(job: ClaimedJob, profile: PrinterProfile, components: Components) -> Followed:
    """Read a job's content and open the line to its component; nothing is handed over yet.

    Raises:
        LabelContentError: `component.content_bad`.
        PrintingError: `component.not_set_up`, the printer's settings name no printer of this component.
        NothingSent: the component does not answer; `component.no_printer`, it does not have that printer now.
    """
    content = content_from_mapping(job.content).stamped(job.copy_no)
    name = profile.component_printer(content.dialect)
    if not name:
        raise PrintingError(
            "component.not_set_up", "no printer of this component is set for the printer", dialect=content.dialect
        )
    task = Task(task_id_of(job), name, content.documents)
    described = print_request(DIALECTS[content.dialect], "", task)
    session = components.open(content.dialect)
    try:
        _expect_printer(session, content.dialect, name)
    except BaseException:
        session.close()
        raise
    return Followed(job, task, session, hashlib.sha256(described.encode()).hexdigest())


def task_id_of(job: ClaimedJob) -> str:
    """The same for one job for ever, another for each further copy: a component refuses the second of two.

    The waybill's number keeps apart what two databases, or one that was restored, would number alike.
    """
    return f"{job.name}-{job.job_id}-{job.copy_no}"


def _expect_printer(session: Session, dialect: str, name: str) -> None:
    """A component that does not have the printer may print on another one."""
    if not any(printer.name == name and printer.is_enabled for printer in session.printers()):
        raise NothingSent(
            "component.no_printer", "the component does not have this printer now", dialect=dialect, printer=name
        )


def blank_page(profile: PrinterProfile) -> Bitmap:
    """White dots as many as the printer's paper has."""
    sheet = find_sheet(profile.size)
    rows, columns = (round(side * profile.dots_per_mm) for side in (sheet.height_mm, sheet.width_mm))
    return Bitmap.from_array(np.zeros((rows, columns), dtype=np.bool_))
