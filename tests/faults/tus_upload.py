"""Uploads one file by a client that others wrote, as its users would. Run where that is installed:

python tus_upload.py CLIENT ENDPOINT TOKEN FILE SHA256 CHUNK_BYTES [STOP]

CLIENT is tuspy, tuspy-async, tuspy-plain (which tries nothing again), aiotus or pytus. tuspy-plain ends at
STOP, as one that is closed.
"""

import asyncio
import sys
from pathlib import Path


def main(client: str, endpoint: str, token: str, file: str, sha256: str, chunk: str, stop: str = "") -> None:
    """Upload in pieces; the clients that can try again do so after a cut."""
    headers, metadata, chunk_bytes = {"Authorization": f"Bearer {token}"}, {"sha256": sha256}, int(chunk)
    match client:
        case "aiotus":
            import aiotus

            again = aiotus.RetryConfiguration(max_retry_period_seconds=20)
            with Path(file).open("rb") as opened:
                sent = aiotus.upload(
                    endpoint,
                    opened,
                    {"sha256": sha256.encode()},
                    config=again,
                    headers=headers,
                    chunksize=chunk_bytes,
                )
                assert asyncio.run(sent) is not None
        case "pytus":
            import pytus

            with Path(file).open("rb") as opened:
                pytus.upload(opened, endpoint, chunk_size=chunk_bytes, headers=headers, metadata=metadata)
        case _:
            from tusclient.client import TusClient

            retries = 0 if client == "tuspy-plain" else 5
            given = {"chunk_size": chunk_bytes, "metadata": metadata, "retries": retries, "retry_delay": 0}
            tuspy = TusClient(endpoint, headers=headers)
            if client == "tuspy-async":
                asyncio.run(tuspy.async_uploader(file, upload_checksum=True, **given).upload())
            else:
                tuspy.uploader(file, upload_checksum=True, **given).upload(int(stop) if stop else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
