"""Money is whole fen (1/100 yuan); nothing here ever holds a float."""

from decimal import Decimal, InvalidOperation


def fen_from_yuan(text: str) -> int:
    """Whole fen of an amount in yuan as a platform writes it (`"299"`, `"299.00"`).

    Raises:
        ValueError: not a finite decimal number, or finer than one fen.
    """
    try:
        amount = Decimal(text.strip())
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {text!r}") from error
    if not amount.is_finite():
        raise ValueError(f"not an amount: {text!r}")
    fen = amount * 100
    if fen != fen.to_integral_value():
        raise ValueError(f"finer than one fen: {text!r}")
    return int(fen)


def yuan_text(fen: int) -> str:
    """The amount in yuan with two decimals, `-0.05` style for small negatives."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
