"""Every renderer says the same, shows nothing that is not so, and lets nobody's words run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from sereno.language.model import DAY, HOUR, BudgetAdjustment, BudgetOverride
from sereno.language.problem import Span
from sereno.report import (
    badge,
    explain,
    gate,
    github,
    html,
    junit,
    markdown,
    openmetrics,
    pictures,
    show,
    slack,
    write,
)
from sereno.report import json as as_json
from sereno.report.figures import report_series
from sereno.report.model import Report, SloReport
from sereno.report.words import plain
from sereno.vendors.backend import Unavailable
from tests.golden_files import check_golden
from tests.report import example
from tests.report.example import DECEMBER, OCTOBER
from tests.report.world import AT, Memory, counts, points, slo, system

NAMES = ("checkout", "search", "young", "silent", "throttled")


@pytest.fixture(scope="module")
def report() -> Report:
    return example.report("quarter")


@pytest.fixture(scope="module")
def document(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(as_json.render(report))
    return found


def slo_of(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(s for s in document["slos"] if s["name"] == name)


def test_the_quarter_worked_by_hand(document: dict[str, Any]) -> None:
    """See `example.py`: 532 of 883.2 spent; 200 and 241 in the incidents, 91 outside them."""
    found = slo_of(document, "checkout")
    figures = {k: found[k] for k in ("total", "budget_total", "budget_spent", "state", "coverage", "unit")}
    assert figures == {
        "total": "883200",
        "budget_total": "883.2",
        "budget_spent": "532",
        "state": "met",
        "coverage": "1",
        "unit": "events",
    }
    assert Fraction(439, 1104) == Fraction(found["exact"]["budget_left_ratio"])
    assert Fraction(882_668, 883_200) == Fraction(found["exact"]["attainment"])
    assert [
        (as_json.instant(OCTOBER), as_json.instant(OCTOBER + 6300), "200"),
        (as_json.instant(DECEMBER), as_json.instant(DECEMBER + 10 * HOUR), "241"),
    ] == [(i["onset"], i["end"], i["spent"]) for i in found["incidents"]]
    assert found["spent_outside_incidents"] == "91"


def test_the_year_worked_by_hand() -> None:
    """805 of 3,504 spent, so 2,699 are left; search: 122 bad slices, 1,830 of 525,600 x 0.5 % = 2,628 min."""
    lines = {line.name: line for line in example.report("year").slos}
    assert lines["checkout"].budget_left_ratio == Fraction(2_699, 3_504)
    assert (lines["search"].budget_spent, lines["search"].budget_total) == (1_830, 2_628)
    assert lines["young"].coverage == Fraction(12, 365)


def test_the_quarter_is_compared_with_the_one_before(report: Report) -> None:
    assert next(s for s in report.slos if s.name == "checkout").trend == Fraction(-440, 883_200)


def test_slices_worked_by_hand(document: dict[str, Any]) -> None:
    """31 slices of 15 min are bad (1 October and each third day: 31 of 92 days): 465 minutes of
    8,832 slices x 15 min x 0.5 % = 662.4; no traffic in the last 6 hours is no failure."""
    found = slo_of(document, "search")
    assert tuple(found[k] for k in ("budget_spent", "budget_total", "total", "unit")) == (
        "465",
        "662.4",
        "132480",
        "minutes",
    )


def test_no_data_is_null_and_says_why(document: dict[str, Any]) -> None:
    for name, why in (("silent", ""), ("throttled", "`total`: CloudWatch throttled five tries")):
        found = slo_of(document, name)
        keys = ("attainment", "budget_total", "budget_spent", "budget_left_ratio", "state", "unavailable")
        assert [None, None, None, None, "no_data", why] == [found[k] for k in keys]


def test_the_json_keeps_its_published_schema(document: dict[str, Any]) -> None:
    schema = json.loads(files("sereno.report").joinpath("schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    assert [e.message for e in jsonschema.Draft202012Validator(schema).iter_errors(document)] == []


@pytest.mark.parametrize(
    ("value", "up", "expected"),
    [
        pytest.param(Fraction(1), False, "1", id="whole"),
        pytest.param(Fraction(999, 1000), False, "0.999", id="a finite decimal is exact"),
        pytest.param(Fraction(2, 3), False, "0." + "6" * 40, id="a share is cut down"),
        pytest.param(Fraction(2, 3), True, "0." + "6" * 39 + "7", id="what was spent is cut up"),
        pytest.param(Fraction(-1, 3), False, "-0." + "3" * 40, id="toward zero"),
        pytest.param(Fraction(1, 10**50), False, "0." + "0" * 49 + "1", id="no exponent"),
        pytest.param(None, False, None, id="no data"),
    ],
)
def test_numbers_are_strings(value: Fraction | None, up: bool, expected: str | None) -> None:
    assert expected == as_json.number(value, up=up)


def test_three_files_agree(tmp_path: Path) -> None:
    minutes = range(AT - 3600, AT, 60)
    known = {"good": points(dict.fromkeys(minutes, 998)), "total": points(dict.fromkeys(minutes, 1000))}
    made = write(system(slo(policies=())), Memory(known), at=AT, out=tmp_path / "out")
    texts = {end: (tmp_path / f"out/slo-report.{end}").read_text() for end in ("md", "html", "json")}
    line = made.slos[0]
    assert (show.attainment(line), show.percent(line.budget_left_ratio)) == ("99.8 %", "-100 %")
    for end in ("md", "html"):
        assert all(text in texts[end] for text in ("99.8 %", "-100 %", "breached")), end
    found = json.loads(texts["json"])["slos"][0]
    assert (found["attainment"], found["budget_left_ratio"], found["state"]) == ("0.998", "-1", "breached")


@pytest.mark.parametrize("name", NAMES)
def test_markdown_and_html_show_the_json_s_figures(report: Report, name: str) -> None:
    line = next(s for s in report.slos if s.name == name)
    page, text = html.render(report), markdown.render(report)
    for shown in (show.attainment(line), show.percent(line.budget_left_ratio), show.WORDS[line.state]):
        assert shown in page
        assert shown in text


def labels(picture: str) -> list[tuple[str, float]]:
    """The words right of a picture, each with its height."""
    found = re.findall(r'<text class="tick[^"]*" x="648" y="([0-9.]+)">(.*?)</text>', picture)
    return [(re.sub("<.*?>", "", text), float(y)) for y, text in found]


def spent(bad: int) -> SloReport:
    """1,000 requests in the last hour of which `bad` fail: 1 may."""
    series = counts(1_000, lambda _: bad, start=AT - HOUR, step=HOUR)
    return report_series(system(), {("checkout", ""): series}, (), at=AT).slos[0]


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        pytest.param(0, ["100 %", "0 %", "50 %"], id="nothing is spent"),
        pytest.param(2, ["0 %", "-100 %", "-50 %", "100 %", "50 %"], id="overspent once"),
        pytest.param(141, ["0 %", "-14k %", "-7k %"], id="overspent 140 times: 100 % is too near 0 %"),
    ],
)
def test_the_scale_of_what_is_left_goes_below_nothing_and_its_labels_stand_apart(
    bad: int, expected: list[str]
) -> None:
    found = labels(pictures.burn_down(spent(bad)))
    heights = sorted(y for _, y in found)
    assert sorted(text for text, _ in found) == sorted(expected)
    assert min(b - a for a, b in pairwise(heights)) >= 20


@pytest.mark.parametrize(
    ("bad", "peak"),
    [
        pytest.param(0, "", id="nothing burns"),
        pytest.param(14, "", id="below what pages"),
        pytest.param(20, "20x", id="above it"),
        pytest.param(141, "141x", id="far above it"),
        pytest.param(1_000, "1,000x", id="all of it"),
    ],
)
def test_every_burn_rate_that_pages_or_tickets_and_the_peak_has_its_label(bad: int, peak: str) -> None:
    found = labels(pictures.burn_rate(spent(bad)))
    heights = [y for _, y in found]
    highest = [f"{peak} peak"] if peak else []
    assert [text for text, _ in found] == [*highest, "14.4x page", "6x page", "3x ticket", "1x"]
    assert min(b - a for a, b in pairwise(heights)) > 11.9
    assert heights[-1] < 132 - 12
    said = f"; peak {peak}" if peak else ""
    assert pictures.limits(spent(bad)) == f"; ticket at 3x, page at 6x, page at 14.4x{said}"


def test_without_a_window_before_there_is_no_trend(report: Report) -> None:
    young = report_series(system(), {("checkout", ""): counts(1_000, start=AT - HOUR)}, (), at=AT)
    shown = [["Trend" in render(r) for render in (html.render, markdown.render)] for r in (young, report)]
    assert shown == [[False, False], [True, True]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(Fraction(7, 259_200), "7/259200 = 0.0000270061728395...", id="without an exponent"),
        pytest.param(Fraction(1, 3), "1/3 = 0.333333333333...", id="a third"),
        pytest.param(Fraction(1, 8), "0.125", id="a finite decimal"),
        pytest.param(
            Fraction(9 * 10**30, 10**31 + 7), "0.899999999999...", id="just below a target of 0.9 is below it"
        ),
        pytest.param(
            Fraction(-1, 3 * 10**25),
            "-1/30000000000000000000000000 = -0.0000000000000000000000000333333333333...",
            id="a little overspent is not 0",
        ),
    ],
)
def test_an_exact_number_is_written_as_a_reader_would(value: Fraction, expected: str) -> None:
    assert expected == explain.exact(value)


class Tags(HTMLParser):
    """Every tag and attribute of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_the_page_has_no_script_and_asks_for_nothing(report: Report) -> None:
    page = Tags(html.render(report))
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert not [a for a in page.attributes if a[0].startswith("on") or a[0] in ("src", "style")]
    assert {"#", "h"} == {value[0] for name, value in page.attributes if name == "href"}


EVIL = "<script>alert('x')</script> | `a` \" & ]]> *b*"


def hostile() -> Report:
    one = slo("evil", display_name=EVIL, description=EVIL, owner=EVIL, service=EVIL)
    made = report_series(system(one), {("evil", ""): counts(10, lambda _: 1)}, (), at=AT)
    return replace(made, project=EVIL, environment=EVIL, warnings=(EVIL,))


def test_words_of_a_person_never_become_markup() -> None:
    made = hostile()
    assert "script" not in Tags(html.render(made)).tags
    assert not re.search(r"(?<!\\)<", markdown.render(made))
    assert "|" not in re.sub(r"\\\|", "", markdown.render(made).split("\n## ")[1].splitlines()[0])
    assert EVIL in {e.get("classname") for e in ElementTree.fromstring(junit.render(made)).iter("testcase")}
    message = slack.document(made)
    marked = [b["text"]["text"] for b in message["blocks"] if b.get("text", {}).get("type") == "mrkdwn"]
    assert not [text for text in (message["text"], *marked) if "<script" in text]
    ElementTree.fromstring(badge.render(made))


def test_signs_that_xml_cannot_hold_are_left_out() -> None:
    one = slo("odd", service="a\x00b\x1bc\ufffed")
    made = report_series(system(one), {("odd", ""): counts(1)}, (), at=AT)
    made = replace(made, project="p\x01", gate=replace(made.gate, action="freeze", sentence="be\x02cause"))
    suite = ElementTree.fromstring(junit.render(made)).find("testsuite")
    assert suite is not None
    failure = suite.find("testcase[@name='gate']/failure")
    assert (suite.get("name"), suite[0].get("classname")) == ("SLOs of p, prod", "abcd")
    assert failure is not None
    assert failure.get("message") == "because"


MAIL = "ops@example.com"
RUDE = f"the\nfix \x1b[31m of <{MAIL}> @here"


def rude() -> Report:
    """Addresses and signs that steer terminals wherever a person, or a back end, may put them."""
    why = BudgetOverride(slo="rude", by=MAIL, reason=RUDE, until=AT + 1)
    kept = BudgetAdjustment(slos=("rude",), start=AT - HOUR, end=AT, reason=RUDE)
    policy = replace(gate.DEFAULT, overrides=(why,), adjustments=(kept,))
    one = slo("rude", display_name=RUDE, description=RUDE, owner=MAIL)
    world = system(one, slo("away"), budget_policies=(policy,))
    known = {("rude", ""): counts(10, lambda _: 1), ("away", ""): Unavailable(f"denied to {RUDE}")}
    return report_series(world, known, Unavailable(RUDE), at=AT, warnings=(RUDE,))


@pytest.mark.parametrize("render", [markdown, html, as_json, junit, slack, github, openmetrics, badge])
def test_no_e_mail_address_and_nothing_that_steers_a_terminal_leaves(render: ModuleType) -> None:
    text = render.render(rude())
    assert "example.com" not in text.replace("https://example.com/runbooks/checkout", "")
    assert [sign for sign in ("\x1b", "\\u001b", "\r") if sign in text] == []


@pytest.mark.parametrize(
    ("written", "left"),
    [
        pytest.param("ada+x@mail.example.com", "(an e-mail address)", id="a tag"),
        pytest.param("of o'brien@example.com", "of (an e-mail address)", id="an apostrophe"),
        pytest.param("uses actions/checkout@v5 now", "uses actions/checkout@v5 now", id="a version is none"),
        pytest.param(
            "checkout@v5.1 or @v5.beta1", "checkout@v5.1 or @v5.beta1", id="a version with a dot is none"
        ),
        pytest.param("image@sha256:0a", "image@sha256:0a", id="a digest is none"),
        pytest.param("ask ada@y.org.", "ask (an e-mail address).", id="at the end of a sentence"),
        pytest.param("ada@пример.рф", "(an e-mail address)", id="a domain of other letters"),
        pytest.param("ada@y.xn--p1ai", "(an e-mail address)", id="a domain of other letters, as DNS has it"),
        pytest.param(
            "https://x.org/b/?o=ada@y.org", "https://x.org/b/?o=(an e-mail address)", id="in a link"
        ),
        pytest.param(
            "https://x.org/?o=ada%40y.org", "https://x.org/?o=(an e-mail address)", id="written as a link"
        ),
        pytest.param("@here <!channel> a @ b", "@here <!channel> a @ b", id="no address"),
    ],
)
def test_an_e_mail_address_is_left_out_whole(written: str, left: str) -> None:
    assert plain(written) == left


def test_a_runbook_s_link_shows_no_e_mail_address() -> None:
    world = system()
    url = "https://example.com/?o=ada@example.org"
    world = replace(world, runbooks={n: replace(r, url=url) for n, r in world.runbooks.items()})
    made = report_series(world, {("checkout", ""): counts(10)}, (), at=AT)
    assert "ada" not in made.slos[0].runbook_url


def test_the_words_that_are_left_are_said() -> None:
    made = rude()
    words = "the fix [31m of <(an e-mail address)> @here"
    line = next(s for s in made.slos if s.name == "rude")
    assert (words, "(an e-mail address)") == (line.slo.display_name, line.slo.owner)
    assert words in made.gate.sentence
    assert made.warnings == (words, f"alarm history: {words}")
    assert {s.label: s.unavailable for s in made.slos} == {"rude": "", "away": f"denied to {words}"}


def test_markdown_calls_nobody() -> None:
    assert "@here" not in markdown.render(rude())


def test_a_runbook_that_is_a_path_is_no_link() -> None:
    """In an artefact or a message it would lead nowhere."""
    made = report_series(system(slo()), {("checkout", ""): counts(10, lambda _: 1)}, (), at=AT)
    local = replace(made, slos=(replace(made.slos[0], runbook_url="runbooks/checkout.md"),))
    assert "checkout.md|" not in slack.render(local)
    assert " · runbook: runbooks/checkout.md" in html.render(local)
    assert "<https://example.com/runbooks/checkout|" in slack.render(made)


def test_junit_never_passes_what_has_no_data(report: Report) -> None:
    suite = ElementTree.fromstring(junit.render(report)).find("testsuite")
    assert suite is not None
    outcome = {c.get("name"): [e.tag for e in c if e.tag != "system-out"] for c in suite}
    assert outcome == {
        "checkout": [],
        "search": [],
        "young": [],
        "silent": ["skipped"],
        "throttled": ["error"],
        "gate": [],
    }
    assert tuple(suite.get(k) for k in ("tests", "failures", "errors", "skipped")) == ("6", "0", "1", "1")


def test_junit_fails_a_breached_slo_and_a_closed_gate() -> None:
    made = report_series(system(slo(policies=())), {("checkout", ""): counts(10, lambda _: 1)}, (), at=AT)
    suite = ElementTree.fromstring(junit.render(made)).find("testsuite")
    assert suite is not None
    assert [c.get("name") for c in suite if c.find("failure") is not None] == ["checkout", "gate"]


def test_openmetrics_has_no_sample_for_what_is_not_known(report: Report) -> None:
    lines = openmetrics.render(report).splitlines()
    assert lines[-1] == "# EOF"
    samples = [x for x in lines if x.startswith("sereno_slo_budget_left_ratio{")]
    assert {"checkout", "search", "young"} == {re.findall('slo="(.*?)"', x)[0] for x in samples}
    value = float(next(x for x in samples if 'slo="checkout"' in x).split()[-1])
    assert value == float(Fraction(439, 1104))
    states = [x for x in lines if x.startswith("sereno_slo_state{") and x.endswith(" 1")]
    assert len(NAMES) == len(states)


@pytest.mark.parametrize(
    ("bad", "words"),
    [(0, "SLOs: met"), (1, "SLOs: breached")],
)
def test_a_badge_says_the_worst_state(bad: int, words: str) -> None:
    made = report_series(system(slo(policies=())), {("checkout", ""): counts(10, lambda _: bad)}, (), at=AT)
    assert f"<title>{words}</title>" in badge.render(made)


def test_annotations_stand_on_the_slo_s_own_line() -> None:
    bad = {"spent": 20, "risky": 8, "fine": 1}
    slos = [slo(n, policies=(), where=Span("slo/shop.yaml", 7 + i, 9, 13)) for i, n in enumerate(bad)]
    readings = {
        (n, ""): counts(lambda t: 10_000 * (t == AT - DAY), lambda t, b=b: b * (t == AT - DAY))  # type: ignore[misc]
        for n, b in bad.items()
    }
    text = github.render(report_series(system(*slos), readings, (), at=AT))
    link = "%0Arunbook: https://example.com/runbooks/checkout"
    assert text == (
        "::error file=slo/shop.yaml,line=7,col=9,endColumn=13,title=slo-breached"
        f"::spent: breached: 99.8 %25 of a target of 99.9 %25; the budget is overspent by 100 %25{link}\n"
        "::warning file=slo/shop.yaml,line=8,col=9,endColumn=13,title=slo-at-risk"
        f"::risky: at risk: 99.92 %25 of a target of 99.9 %25; 20 %25 of the budget is left{link}\n"
    )


def test_slack_keeps_its_limits() -> None:
    many = [slo(f"slo-{n}", policies=(), display_name="x" * 63) for n in range(60)]
    readings = {(s.name, ""): counts(10, lambda _: 1) for s in many}
    message = slack.document(report_series(system(*many), readings, (), at=AT))
    assert len(message["blocks"]) <= 50
    assert all(len(b["text"]["text"]) <= 3000 for b in message["blocks"] if "text" in b)
    assert message["blocks"][-2]["text"]["text"] == "and 40 more"


def test_a_report_without_slos_can_be_rendered() -> None:
    made = replace(report_series(system(), {}, (), at=AT), slos=())
    for render in (
        markdown.render,
        html.render,
        as_json.render,
        junit.render,
        slack.render,
        openmetrics.render,
    ):
        assert render(made)
    assert "<title>SLOs: no data</title>" in badge.render(made)


def test_golden_markdown(report: Report) -> None:
    check_golden("report/quarter.md", markdown.render(report))


def test_golden_explanation(report: Report) -> None:
    check_golden("report/explain-checkout.txt", explain.render(report, "checkout"))


def test_golden_slack(report: Report) -> None:
    check_golden("report/quarter-slack.json", slack.render(report))


def test_golden_openmetrics(report: Report) -> None:
    check_golden("report/quarter.prom", openmetrics.render(report))


def test_golden_junit(report: Report) -> None:
    check_golden("report/quarter-junit.xml", junit.render(report))


def test_golden_json_of_a_week() -> None:
    check_golden("report/week.json", as_json.render(example.report("7d")))


def test_golden_markdown_of_a_year() -> None:
    check_golden("report/year.md", markdown.render(example.report("year")))
