"""Money is whole fen (1/100 yuan); nothing here ever holds a float."""


def yuan_text(fen: int) -> str:
    """The amount in yuan with two decimals, `-0.05` style for small negatives."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
