"""How devices stand, in SQL: for answering many at once. Rule: one question for all of them."""

from collections import defaultdict
from collections.abc import Iterable

from schemas.ids import BlobId, ChangeId, DeviceId
from server.row_store import SqlRows
from sync.chain import Tip
from sync.store import Standing


class SqlStandings(SqlRows):
    """The questions of `sync.store.OfficeStore` that answering asks about devices."""

    def backed_up(self, device: DeviceId) -> Tip | None:
        """See sync.store.Telling."""
        return self._backed_up([device]).get(device)

    def wanted(self, device: DeviceId, limit: int) -> list[BlobId]:
        """See sync.store.Telling. What another device sent is wanted from this one all the same."""
        found = self._reader.query(
            "SELECT DISTINCT blob FROM blob_refs WHERE kabupaten = :kabupaten AND device = :device"
            " AND received = 0 ORDER BY blob LIMIT :most",
            {"device": device, "most": limit + 1},
        )
        return [row[0] for row in found] if len(found) <= limit else self._some_wanted(device, limit)

    def _some_wanted(self, device: DeviceId, limit: int) -> list[BlobId]:
        """Return as many as fit, after each commit from another one on: any may be lost on the phone."""
        [(tag,)] = self._reader.query("SELECT tag FROM kabupaten WHERE kabupaten = :kabupaten")
        found = self._reader.query(
            "SELECT blob FROM blob_refs WHERE kabupaten = :kabupaten AND device = :device"
            " AND received = 0 GROUP BY blob ORDER BY blob < :start, blob LIMIT :limit",
            {"device": device, "start": bytes(tag).hex(), "limit": limit},
        )
        return sorted(row[0] for row in found)

    def news(self, device: DeviceId, after: int, upto: int) -> list[ChangeId]:
        """See sync.store.Telling."""
        return self.news_of([device], after, upto).get(device, [])

    def standings(self, devices: Iterable[DeviceId], most_wanted: int) -> dict[DeviceId, Standing]:
        """See sync.store.OfficeStore."""
        names = list(devices)
        tips: dict[DeviceId, list[Tip]] = defaultdict(list)
        found = self._reader.query(
            "SELECT device, counter, hash FROM tips WHERE kabupaten = :kabupaten AND device IN :devices"
            " ORDER BY counter DESC, hash",
            {"devices": names},
        )
        for device, counter, name in found:
            tips[device].append(Tip(counter=counter, hash=name))
        wanted = self._wanted(names, most_wanted) if most_wanted else {}
        backed_up = self._backed_up(names)
        return {
            name: Standing(tips=tips[name], wanted=wanted.get(name, []), backed_up=backed_up.get(name))
            for name in names
        }

    def _wanted(self, devices: list[DeviceId], limit: int) -> dict[DeviceId, list[BlobId]]:
        """Return what each device is to send; who has much to send is asked for alone."""
        most = limit + 4 * len(devices)
        found = self._reader.query(
            "SELECT DISTINCT device, blob FROM blob_refs WHERE kabupaten = :kabupaten"
            " AND device IN :devices AND received = 0 ORDER BY device, blob LIMIT :most",
            {"devices": devices, "most": most},
        )
        if len(found) == most:
            return {device: self.wanted(device, limit) for device in devices}
        wanted: dict[DeviceId, list[BlobId]] = defaultdict(list)
        for device, blob in found:
            wanted[device].append(blob)
        return {
            device: blobs if len(blobs) <= limit else self._some_wanted(device, limit)
            for device, blobs in wanted.items()
        }

    def _backed_up(self, devices: list[DeviceId]) -> dict[DeviceId, Tip]:
        found = self._reader.query(
            "SELECT device, counter, hash FROM backed_up WHERE kabupaten = :kabupaten AND device IN :devices",
            {"devices": devices},
        )
        return {device: Tip(counter=counter, hash=name) for device, counter, name in found}

    def news_of(self, devices: Iterable[DeviceId], after: int, upto: int) -> dict[DeviceId, list[ChangeId]]:
        """See sync.store.OfficeStore."""
        found = self._reader.query(
            "SELECT device, change FROM news WHERE kabupaten = :kabupaten AND device IN :devices"
            " AND seq > :after AND seq <= :upto ORDER BY seq",
            {"devices": list(devices), "after": after, "upto": upto},
        )
        news: dict[DeviceId, list[ChangeId]] = defaultdict(list)
        for device, change in found:
            news[device].append(change)
        return news
