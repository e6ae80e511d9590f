"""The one exception that a verb turns into a message and exit status 2 (bad input) or 1 (a check refused)."""


class TrainerError(Exception):
    """Says what is wrong in one line, naming key, expectation and value. `status` becomes the exit status."""

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


class CheckFailed(TrainerError):
    """A trained or exported model did not pass a check, so nothing was written."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=1)
