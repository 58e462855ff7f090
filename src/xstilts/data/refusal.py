"""Why the hub gave nothing, in words for the user.

In: what the hub's client raised. Out: a ``Problem`` that says what happened and what to do.
"""

from __future__ import annotations

from collections.abc import Iterator

from xstilts.catalogue.errors import Problem


class Withheld(Problem):
    """The hub has no such data set, or does not give it to whoever asks: another may be taken in its place."""


_FOLDER = "or name a data folder that holds it with --data DIR"


def refusal(repository: str, error: Exception, endpoint: str, *more: str) -> Problem:
    """The message for ``error``, met when asking ``endpoint`` for the data set ``repository`` (and for ``more``)."""
    from huggingface_hub import errors

    what = f"the data set{'s' * bool(more)} '{repository}'" + "".join(f", '{name}'" for name in more)
    chain = list(_chain(error))
    first = next((each for each in chain if isinstance(each, errors.HfHubHTTPError)), None)
    if any(isinstance(each, errors.OfflineModeIsEnabled) for each in chain):
        return Problem(
            f"not in the download cache, and HF_HUB_OFFLINE is set: {what}; fetch it where there is a network "
            f"(xstilts data fetch TASK), {_FOLDER}"
        )
    if isinstance(first, errors.GatedRepoError):
        return Withheld(
            f"{what} is gated: accept its terms at {endpoint}/datasets/{repository}, then log in (hf auth login, or "
            f"HF_TOKEN), {_FOLDER}"
        )
    if isinstance(first, errors.RepositoryNotFoundError):
        return Withheld(
            f"the hub at {endpoint} has no data set '{repository}', or it is private: check the name, log in "
            f"(hf auth login, or HF_TOKEN), {_FOLDER}"
        )
    if first is not None:
        status = first.response.status_code
        kind = Withheld if status in (401, 403) else Problem
        return kind(f"the hub at {endpoint} answered {status} for {what}: try again later, {_FOLDER}")
    if any(isinstance(each, TimeoutError) or "Timeout" in type(each).__name__ for each in chain):
        return Problem(
            f"the hub at {endpoint} did not answer in time for {what}: try again later, let it take longer "
            f"(HF_HUB_ETAG_TIMEOUT, in seconds), {_FOLDER}"
        )
    if no_connection(error):
        return Problem(f"the hub at {endpoint} can not be reached for {what}: check the connection, {_FOLDER}")
    if isinstance(error, OSError) and "Consistency check failed" in str(error):
        return Problem(f"a file of {what} did not arrive whole: fetch it again, xstilts data fetch TASK")
    reason = str(error).split("\n")[0]
    return Problem(f"the hub did not give {what} ({type(error).__name__}: {reason}): try again, {_FOLDER}")


def no_connection(error: BaseException) -> bool:
    """Whether nobody answered, so that asking for another data set is no use."""
    from huggingface_hub import errors

    chain = list(_chain(error))
    if any(isinstance(each, errors.OfflineModeIsEnabled) for each in chain):
        return True
    answered = any(isinstance(each, errors.HfHubHTTPError) for each in chain)
    return not answered and any(isinstance(each, errors.HTTPError | ConnectionError | TimeoutError) for each in chain)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what it was raised from."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
