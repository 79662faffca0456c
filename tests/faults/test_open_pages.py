"""A page stays open in somebody's browser while the office dies or is upgraded, and starts again."""

import re

import httpx
import pytest

from tests.faults.conftest import Make
from tests.faults.test_at_the_same_moment import officer
from tests.faults.world import sync, visit, words

WHY = "Foto rumah gelap sekali, mohon diulang di siang hari"


def test_a_form_that_was_open_while_the_office_died_is_taken_once_it_serves_again(regency: Make) -> None:
    """Row 80. Sent once into the void, then once more by the same page; nobody logs in anew."""
    world = regency()
    phone = world.phone()
    sync(phone)
    done = visit(phone, world.beats[0], 1)
    sync(phone)
    browser = officer(world, 0)
    page = browser.get(f"/kunjungan/{done.visit}").text
    form = dict(re.findall(r'<input type="hidden" name="(csrf|dilihat)" value="(\w+)">', page))
    form |= {"catatan": WHY, "keputusan": "kembalikan"}
    world.kill()
    with pytest.raises(httpx.TransportError):
        browser.post(f"/kunjungan/{done.visit}/keputusan", data=form)
    world.serve()
    assert browser.post(f"/kunjungan/{done.visit}/keputusan", data=form).status_code == 303
    sync(phone)
    assert words(phone) == ["dikembalikan"]
    assert world.rows("SELECT count(*) FROM decisions") == [(1,)]
    assert WHY in browser.get(f"/kunjungan/{done.visit}").text
    assert world.faults() == []
