"""Uploads one file with tuspy, as its users would. Run as a program where tuspy is installed:

python tus_upload.py ENDPOINT TOKEN FILE SHA256
"""

import sys

from tusclient.client import TusClient


def main(endpoint: str, token: str, file: str, sha256: str) -> None:
    """Upload in pieces of 200 KB, trying again after a cut."""
    client = TusClient(endpoint, headers={"Authorization": f"Bearer {token}"})
    uploader = client.uploader(
        file, chunk_size=200_000, metadata={"sha256": sha256}, retries=5, retry_delay=0, upload_checksum=True
    )
    uploader.upload()
    print(uploader.offset)


if __name__ == "__main__":
    main(*sys.argv[1:])
