"""A phone that was lost, or ordered to be wiped, after the copy that the office comes back from.

Rule: an order that two people gave is carried out, and the hours of the law run from when they began.
"""

from field_app.enrol import VAULT
from field_app.phone import Phone
from schemas.ids import PersonId
from server import lost_store
from server.access import Person
from server.keys import default_path
from server.lost_store import Lost, Wipe
from server.phone_list import phones_path
from server.services.lost_phones import LostPhones
from tests.faults.conftest import Make
from tests.faults.test_two_at_once import all_is_there, copied, restore
from tests.faults.world import World, sync, until, visit, visited

ADMIN = Person(id=PersonId("a" * 32), nama="Admin", roles=("admin",))
KABID = Person(id=PersonId("b" * 32), nama="Kabid", roles=("kabid",))


def report_and_order(world: World, phone: Phone) -> tuple[str, str]:
    """Report a phone lost, and have it wiped; wait until the list beside the key file says so too."""
    beside, device = phones_path(default_path(world.office)), phone.owner.device
    before = beside.read_bytes()
    with world.hand() as deps:
        lost = LostPhones(deps.engine, deps.office, deps.now_ms, deps.randomness)
        report = lost.report(ADMIN, device, deps.now_ms() - 3_600_000, "Dicuri di pasar")
        order = lost.order(ADMIN, device, "Dicuri di pasar")
        assert isinstance(report, str) and isinstance(order, str)
        assert lost.approve(KABID, order) is None
    until(lambda: beside.read_bytes() != before)
    return report, order


def standing(world: World, report: str, order: str) -> tuple[Lost | None, Wipe | None]:
    with world.look() as reader:
        return lost_store.lost_phone(reader, report), lost_store.wipe(reader, order)


def test_a_phone_that_was_to_be_wiped_after_the_copy_is_wiped(regency: Make) -> None:
    """Row 109. It had not heard of the order, and has work that only it holds."""
    world = regency(2)
    phone, first = visited(world)
    disk = copied(world)
    names = report_and_order(world, phone)
    before = standing(world, *names)
    restore(world, disk)
    assert standing(world, *names) == before, "the report with its clock, and the order by two people"
    done = visit(phone, world.beats[0].warga, 2)
    sync(phone)
    assert phone.wipe_due()
    phone.lock()
    assert not (world.folder / "hp-0" / VAULT).exists()
    wiped = standing(world, *names)[1]
    assert wiped is not None and wiped.wiped_ms
    assert world.record(names[1])["state"] == "disetujui" and world.record(names[0])["perangkat"]
    all_is_there(world, first, done)


def test_a_phone_that_heard_its_order_before_the_office_was_lost_tells_the_restored_one(
    regency: Make,
) -> None:
    """Row 109. It has handed over, and is wiped when it is locked: the office must hear of both."""
    world = regency(2)
    phone, first = visited(world)
    disk = copied(world)
    names = report_and_order(world, phone)
    sync(phone)
    assert phone.wipe_due()
    with world.hand():
        pass  # as the server does within a second: how far the order is stands in the list too
    restore(world, disk)
    heard = standing(world, *names)[1]
    assert heard is not None and heard.told_ms and heard.handed_ms
    phone.lock()
    wiped = standing(world, *names)[1]
    assert wiped is not None and wiped.wiped_ms
    all_is_there(world, first)
