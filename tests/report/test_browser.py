"""The page in a real browser: nothing asked for, nothing complained of, every picture seen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sereno.language.model import HOUR
from sereno.report import html
from sereno.report.figures import report_series
from sereno.vendors.backend import Event
from tests.report import example
from tests.report.world import AT, counts, slo, system

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))),
    None,
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield found
        found.close()


# Pairs of labels of one picture that touch, and labels that leave the screen.
CROWDED = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const labels = [...svg.querySelectorAll('text')].filter(t => getComputedStyle(t).display !== 'none');
  const boxes = labels.map(t => [t.textContent, t.getBoundingClientRect()]);
  const touch = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
  const pairs = boxes.flatMap(([a, one], i) =>
    boxes.slice(i + 1).filter(([, two]) => touch(one, two)).map(([b]) => `${a} on ${b}`));
  const out = boxes.filter(([, b]) => b.left < 0 || b.right > innerWidth).map(([a]) => `${a} is out`);
  return [...pairs, ...out];
})"""

# Labels of pictures that leave the card they are in, past its padding.
OUTSIDE = """() => [...document.querySelectorAll('section')].flatMap(card => {
  const end = card.getBoundingClientRect().right - 8;
  const labels = [...card.querySelectorAll('svg text')];
  return labels.filter(t => t.getBoundingClientRect().right > end).map(t => t.textContent);
})"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A window's page, by its name: where it is."""
    home: Path = tmp_path_factory.mktemp("page")
    for window in ("7d", "quarter", "year"):
        (home / f"{window}.html").write_text(html.render(example.report(window)), encoding="utf-8")
    return {path.stem: path.as_uri() for path in home.iterdir()}


@pytest.fixture(scope="module")
def address(pages: dict[str, str]) -> str:
    return pages["quarter"]


def background(page: Page) -> tuple[int, ...]:
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return tuple(int(part) for part in colour[4:-1].split(","))


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        pytest.param("light", 1200, id="light"),
        pytest.param("dark", 1200, id="dark"),
        pytest.param("light", 360, id="on a phone"),
        pytest.param("dark", 360, id="on a phone at night"),
    ],
)
def test_the_page_in_a_browser(browser: Browser, address: str, scheme: str, width: int) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)

    assert ([], [address]) == (said, asked)
    assert (sum(background(page)) > 3 * 200) == (scheme == "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    pictures = [svg.bounding_box() for svg in page.locator("section.slo svg").all()]
    assert len(pictures) == 9
    assert all(box and box["width"] > 100 and box["height"] > 40 for box in pictures)
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= width for box in pictures)
    page.close()


@pytest.mark.parametrize("window", ["7d", "quarter", "year"])
@pytest.mark.parametrize("width", [1200, 720, 360])
def test_no_two_labels_touch(browser: Browser, pages: dict[str, str], window: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(pages[window])
    assert page.evaluate(CROWDED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_an_incident_that_overspent_is_read_whole_on_a_phone(browser: Browser, tmp_path: Path) -> None:
    bad = counts(100, lambda t: 100 * (t >= AT - 1800), start=AT - 4 * HOUR)
    told = [Event(f"shop-prod-slo-checkout-{s}", AT - 1500, "ALARM") for s in ("page", "ticket")]
    (tmp_path / "page.html").write_text(
        html.render(report_series(system(), {("checkout", ""): bad}, told, at=AT)), encoding="utf-8"
    )
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((tmp_path / "page.html").as_uri())
    incidents = page.locator(".incidents")
    assert page.evaluate(CROWDED) == []
    assert page.evaluate(OUTSIDE) == []
    assert [incidents.get_by_text(e.name).is_visible() for e in told] == [True, True]
    heights = [part.bounding_box() for part in incidents.get_by_text("still firing").all()]
    assert [box["height"] < 30 for box in heights if box] == [True, True]
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_name_without_a_space_is_wrapped_on_a_phone(browser: Browser, tmp_path: Path, scheme: str) -> None:
    name = "w" * 63
    one = slo(display_name=name, description="d" * 200, owner=name, service=name)
    made = report_series(system(one), {("checkout", ""): counts(100)}, (), at=AT)
    (tmp_path / "page.html").write_text(html.render(made), encoding="utf-8")
    page = browser.new_page(color_scheme=scheme, viewport={"width": 390, "height": 844})  # type: ignore[arg-type]
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_the_page_printed_is_on_white_paper(browser: Browser, address: str) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(address)
    page.emulate_media(media="print")
    assert background(page) == (255, 255, 255)
    assert page.pdf().startswith(b"%PDF")
    page.close()


def test_links_lead_to_the_sections(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    page.locator("section.overview a", has_text="Checkout").click()
    assert page.url.endswith("#checkout")
    box = page.locator("#checkout h2").bounding_box()
    assert box
    assert 0 <= box["y"] < 900
    page.close()
