"""Every page at 160 % text on the narrowest screen: nothing is cut off, and nothing lies beyond the edge."""

from base64 import b64decode

import pytest
from playwright.sync_api import Page, Route, expect

from server.services.people import load_person
from server.web.building import build_site
from tests.server.test_web_browser import PHONE, Served, browser, every_page, office, served, until
from tests.server.web_office import DESA

__all__ = ["browser", "office", "served"]
LARGE = "addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '160%' })"
CUT = """() => {
  const pen = document.createElement('canvas').getContext('2d'), found = [];
  const unseen = (element) => !element.getClientRects().length || element.closest('.hidden-text, .leaflet-container');
  const every = (what) => [...document.querySelectorAll(what)].filter((element) => !unseen(element));
  every('select').filter((select) => select.selectedOptions.length).forEach((select) => {
    const look = getComputedStyle(select), words = select.selectedOptions[0].text;
    pen.font = `${look.fontWeight} ${look.fontSize} ${look.fontFamily}`;
    const pieces = look.whiteSpace === 'normal' ? words.split(' ') : [words];
    const room = select.clientWidth - parseFloat(look.paddingLeft) - parseFloat(look.paddingRight);
    const most = Math.max(...pieces.map((piece) => pen.measureText(piece).width));
    if (most > room + 1) found.push(`${select.name}: ${words}: ${Math.round(most - room)} px cut off`);
  });
  every('body *').filter((element) => !['SELECT', 'INPUT', 'TEXTAREA', 'svg'].includes(element.tagName)).forEach((element) => {
    const hides = ['hidden', 'clip'].includes(getComputedStyle(element).overflowX);
    if (hides && element.scrollWidth > element.clientWidth + 1) found.push(`cut off: ${element.textContent.trim().slice(0, 40)}`);
  });
  const beyond = document.documentElement.scrollWidth - innerWidth;
  return beyond > 0 ? [...found, `${beyond} px wider than the screen`] : found;
}"""  # noqa: E501
OVERLAID = """() => {
  const places = '.top .brand, .top nav > ul > li, .top nav > details, .top .who';
  const things = [...document.querySelectorAll(places)]
    .map((each) => [each.textContent.trim().slice(0, 20), each.getBoundingClientRect()]);
  const meet = (one, other) => one.left < other.right - 1 && other.left < one.right - 1
    && one.top < other.bottom - 1 && other.top < one.bottom - 1;
  return things.flatMap(([name, at], number) => things.slice(number + 1)
    .filter(([, other]) => meet(at, other)).map(([other]) => `${name} / ${other}`));
}"""
DOT = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def cut(page: Page, path: str) -> list[str]:
    """Return what cannot be read whole on a page."""
    page.goto(path)
    return [f"{path}: {each}" for each in page.evaluate(CUT)]


def test_nothing_is_cut_off_on_any_page_at_large_text(served: Served) -> None:
    found: list[str] = []
    for username, paths in every_page(served).items():
        page = served.page(username, viewport=PHONE)
        page.context.add_init_script(LARGE)
        for path in paths:
            found += cut(page, path)
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "25.6px"
    assert found == []


def test_what_is_cut_off_would_be_found(served: Served) -> None:
    page = served.page("kabid", viewport=PHONE)
    page.context.add_init_script(LARGE)
    assert cut(page, "/dasbor") == []
    page.evaluate("document.querySelector('[name=masa]').style = 'white-space: nowrap; width: 9rem'")
    [said] = page.evaluate(CUT)
    assert said.startswith("masa: ") and said.endswith("px cut off")
    page.evaluate("document.querySelector('h1').style.width = '500px'")
    assert any("wider than the screen" in each for each in page.evaluate(CUT))


def test_tiles_are_drawn_under_the_maps_once_the_office_names_them(served: Served) -> None:
    office, site = served.office, build_site(served.office.deps)
    kabid = office.deps.engine.read(lambda tx: load_person(tx, office.people["kabid"]))
    assert kabid is not None
    visit, _ = office.add_visit()
    page, asked = served.page("kabid"), list[str]()

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        assert "referer" not in route.request.headers
        route.fulfill(body=DOT, content_type="image/png")

    page.route("https://peta.contoh.test/**", answer)
    address = "https://peta.contoh.test/{z}/{x}/{y}.png"
    assert site.settings.set_tiles(kabid, address, "Dinas <b>&</b>", "") is None
    try:
        for path in (f"/peta?wilayah={DESA}", f"/kunjungan/{visit}"):
            asked.clear()
            page.goto(path)
            until(
                page, "[...document.querySelectorAll('img.leaflet-tile')].some((each) => each.naturalWidth)"
            )
            expect(page.locator(".leaflet-control-attribution")).to_contain_text("Dinas <b>&</b>")
            assert asked
    finally:
        assert site.settings.set_tiles(kabid, "", "", address) is None


def test_a_long_name_takes_no_row_of_its_own_above_the_menu_of_a_phone(served: Served) -> None:
    served.office.add_person("panjang", "Dra. Hartini Nurhayati, M.Si.", "P9", ("petugas",))
    page = served.page("panjang", viewport=PHONE)
    name, mark = page.locator(".who-name").bounding_box(), page.locator(".brand").bounding_box()
    assert name and mark
    assert name["y"] < mark["y"] + mark["height"] and mark["y"] < name["y"] + name["height"]


@pytest.mark.parametrize("wide", [360, 780, 1024, 1200, 1366])
def test_menu_and_name_never_lie_over_one_another(served: Served, wide: int) -> None:
    page = served.page("kabid", viewport={"width": wide, "height": 640})
    page.goto("/antrean")
    assert page.locator(".top nav > ul > li").count() > 5 and page.locator(".top .who").count() == 1
    assert page.evaluate(OVERLAID) == []


def test_what_stands_side_by_side_is_level_also_where_a_choice_takes_two_lines(served: Served) -> None:
    page = served.page("kabid")
    page.goto("/ekspor?data=warga")
    beside = page.locator(".side-by-side").nth(1).locator("select")
    beside.first.evaluate("select => select.selectedOptions[0].text = 'Kecamatan '.repeat(12)")
    first, second = beside.nth(0).bounding_box(), beside.nth(1).bounding_box()
    assert first and second and first["height"] > second["height"]
    assert first["y"] == second["y"]
