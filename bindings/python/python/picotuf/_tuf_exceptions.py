"""The exceptions of `picotuf.ngclient` where python-tuf is not installed, with its names."""


class RepositoryError(Exception):
    """What the repository has does not verify."""

    code: str = ""


class UnsignedMetadataError(RepositoryError):
    """Too few keys signed a file."""


class BadVersionNumberError(RepositoryError):
    """A file has the wrong version."""


class ExpiredMetadataError(RepositoryError):
    """A file has expired."""


class LengthOrHashMismatchError(RepositoryError):
    """A file has another length or hash than the signed one."""


class DownloadError(Exception):
    """A file could not be fetched."""

    code: str = ""


class DownloadLengthMismatchError(DownloadError):
    """A file is longer than is allowed."""


class SlowRetrievalError(DownloadError):
    """A download takes too long."""


class DownloadHTTPError(DownloadError):
    """A server answered with an error."""

    def __init__(self, message: str, status_code: int) -> None:
        super().__init__(message)
        self.status_code = status_code
