"""What a run of the simulation prints."""

from tests.simulation.world import World

MINUTE_S = 60
WORK = (
    "visits",
    "sealed_visits",
    "photos",
    "syncs",
    "waits",
    "forgotten",
    "file_written",
    "file_taken",
    "answer_read",
    "key_turned",
    "key_followed",
)
"""Counted, and no faults."""


def faults(world: World) -> int:
    """Return how many things went wrong."""
    return sum(times for kind, times in world.counts.items() if kind not in WORK)


def print_run(world: World, wall_s: float, cpu_s: float) -> None:
    """Print what happened, how fast, and what everything came to."""
    told, counts = world.story, world.counts
    device_days = told.devices * told.days
    print(
        f"seed {told.seed}: {told.devices} devices, {told.days} days, {len(told.events):,} events;"
        f" {device_days / wall_s * MINUTE_S:,.0f} device-days a minute"
        f" ({device_days / cpu_s * MINUTE_S:,.0f} of processor time)"
    )
    days = max(device_days, 1)
    print(
        f"  in a device-day: {counts['visits'] / days:.1f} visits, {counts['photos'] / days:.1f} blobs,"
        f" {counts['syncs'] / days:.1f} syncs, {faults(world) / days:.1f} faults"
    )
    told_faults = sorted((kind, times) for kind, times in counts.items() if kind not in WORK)
    print("  faults: " + ", ".join(f"{kind} {times:,}" for kind, times in told_faults))
    print(f"  fingerprint {world.fingerprint()}", flush=True)
