# ruff: noqa: INP001  a script beside its products, not a package
"""Synthesises the signal tones of the desk: run it to write the WAV files beside it. They are ours.

Each tone is told apart by rhythm and direction, not by pitch alone, so that it works in a loud room and for ears that
hear only part of the range: unit one tick, line two ticks, complete three rising, shipped two rising long, notice two
even, wrong one low buzz, stop three low buzzes.
"""

import math
import struct
import wave
from collections.abc import Iterator
from pathlib import Path

RATE = 22_050
#: (frequency Hz, milliseconds, loudness 0..1, is buzzing)
Note = tuple[float, int, float, bool]
_PAUSE = 0.0

TONES: dict[str, tuple[Note, ...]] = {
    "unit": ((1760, 55, 0.55, False),),
    "line": ((1760, 50, 0.55, False), (_PAUSE, 45, 0, False), (1760, 50, 0.55, False)),
    "complete": ((1047, 70, 0.6, False), (1319, 70, 0.6, False), (1568, 130, 0.6, False)),
    "shipped": ((1319, 110, 0.6, False), (2093, 200, 0.6, False)),
    "notice": ((880, 90, 0.55, False), (_PAUSE, 60, 0, False), (880, 90, 0.55, False)),
    "wrong": ((185, 320, 0.8, True),),
    "stop": (
        (165, 200, 0.9, True),
        (_PAUSE, 90, 0, False),
        (165, 200, 0.9, True),
        (_PAUSE, 90, 0, False),
        (147, 360, 0.9, True),
    ),
}


def samples(note: Note) -> Iterator[int]:
    """The 16-bit samples of one note, with short ramps so that nothing clicks."""
    frequency, milliseconds, loudness, is_buzzing = note
    count = RATE * milliseconds // 1000
    ramp = max(1, RATE * 6 // 1000)
    for index in range(count):
        if not frequency:
            yield 0
            continue
        phase = 2 * math.pi * frequency * index / RATE
        value = math.sin(phase)
        if is_buzzing:
            # Odd overtones make a low tone audible on the small loudspeaker of a desk PC.
            value = 0.6 * value + 0.3 * math.sin(3 * phase) + 0.2 * math.sin(5 * phase)
        envelope = min(1.0, index / ramp, (count - index) / ramp)
        yield round(32_767 * 0.85 * loudness * envelope * max(-1.0, min(1.0, value)))


def write(folder: Path) -> None:
    """Write every tone as a mono 16-bit WAV."""
    for name, notes in TONES.items():
        data = [value for note in notes for value in samples(note)]
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(struct.pack(f"<{len(data)}h", *data))


if __name__ == "__main__":
    write(Path(__file__).resolve().parent)
