"""What a call to a platform or a carrier can come to besides an answer: five kinds of failure."""


class ChannelError(Exception):
    """Base of the five kinds; `code` is the platform's own code for the details fold. Nothing personal inside."""

    def __init__(self, sentence: str, *, code: str = "") -> None:
        super().__init__(sentence)
        self.code = code


class AuthExpired(ChannelError):
    """Key or token is not accepted (any more): a person must authorise again."""


class RateLimited(ChannelError):
    """Too many calls. `retry_after_s` is the platform's wish or our guess."""

    def __init__(self, sentence: str, *, code: str = "", retry_after_s: float = 1.0) -> None:
        super().__init__(sentence, code=code)
        self.retry_after_s = retry_after_s


class Temporary(ChannelError):
    """No answer, a cut answer, or the platform says it is unwell: try again later."""


class Rejected(ChannelError):
    """The platform understood and said no; repeating will not help."""


class ContractBroken(ChannelError):
    """The reply is not what the platform's document promises: nothing was taken from it."""
