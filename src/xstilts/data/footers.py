"""The end of a Parquet file on the hub: how many rows and which columns it has, read without the rest of it.

In: where a file lies. Out: what its end says. Two requests (the hub, and where it keeps large files) and no listing,
which the hub allows less often than files.
"""

from __future__ import annotations

import struct
from io import BytesIO

import pyarrow.parquet as pq

AT_ONCE = 8  # files that may be asked for at the same time
TRIES = 2  # more, where the hub is busy or does not answer
BYTES = 1 << 16  # asked for at first
TAIL = 8  # the length of what a footer says, in four bytes, then "PAR1"


def read_footer(repository: str, commit: str, name: str, endpoint: str | None = None) -> pq.FileMetaData:
    """What the end of the file ``name`` of a data set says. Raises what the hub's client raises, and
    ``pyarrow.ArrowInvalid`` where the file is no Parquet."""
    from huggingface_hub import constants, hf_hub_url, utils

    url = hf_hub_url(repository, name, repo_type="dataset", revision=commit, endpoint=endpoint)

    def end(size: int) -> bytes:
        headers = utils.build_hf_headers() | {"Range": f"bytes=-{size}"}
        limit = constants.HF_HUB_ETAG_TIMEOUT
        answer = utils.http_backoff("GET", url, headers=headers, timeout=limit, max_retries=TRIES)
        utils.hf_raise_for_status(answer)
        return bytes(answer.content)

    found = end(BYTES)
    if len(found) == BYTES and (size := struct.unpack("<I", found[-TAIL:-4])[0] + TAIL) > BYTES:
        found = end(size)
    return pq.read_metadata(BytesIO(found))
