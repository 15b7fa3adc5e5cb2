"""The report on a run: one page that loads nothing and is readable without JavaScript."""

from __future__ import annotations

import re

import numpy as np
import pytest

from glompo.events import StopRequested
from glompo.events.verdict import Verdict
from glompo.read import load
from glompo.show.html.report import Chapter, write_report
from glompo.storage.journal import Journal
from glompo.testing.histories import history

from ..read.runs import finish

EVIL = "<script>document.title='taken'</script>"


def record(folder, run):
    with Journal.create(folder, durability="none") as journal:
        journal.append(run.events)
    return load(folder)


@pytest.fixture
def evil(tmp_path):
    """Return a run in which every name is markup."""
    run = history(slots=2)
    run.start(EVIL)
    run.evaluate(1, [9.0, 5.0, 7.0, np.nan])
    run.converge(1)
    run.start("</script><img src=x onerror=alert(1)>")
    run.evaluate(2, np.linspace(8.0, 1.0, 30).tolist())
    run.crash(2)
    return record(tmp_path / "run", run)


def opened(browser, path, **settings):
    page = browser.new_context(**settings).new_page()
    page.goto(path.as_uri())
    return page


def test_it_is_readable_without_javascript_and_foreign_text_is_text(evil, browser, tmp_path):
    path = write_report(evil, tmp_path / "report.html", [Chapter.of_lines("Data", [EVIL])])
    page = opened(browser, path, java_script_enabled=False)
    shown = page.locator("body").inner_text()
    assert shown.count(EVIL) >= 2
    assert all(title in shown for title in ("Trajectories", "Optimizers", "Best point", "Distinct minima", "Decisions"))
    assert page.locator("noscript img, section img").count() == 2
    assert page.locator("td img, td script").count() == 0


def test_with_javascript_the_pictures_are_drawn_and_no_foreign_code_is_executed(evil, browser, tmp_path):
    page = browser.new_context().new_page()
    asked, failed = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    path = write_report(evil, tmp_path / "report.html")
    page.goto(path.as_uri())
    page.wait_for_function("window.Bokeh && Bokeh.documents.length && Bokeh.documents[0].is_idle", timeout=60_000)
    assert page.title() != "taken"
    assert failed == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert page.locator("img[src=x]").count() == 0


def test_on_a_narrow_page_nothing_lies_beside_it_and_each_cell_has_its_name(evil, browser, tmp_path):
    path = write_report(evil, tmp_path / "report.html")
    page = opened(browser, path, viewport={"width": 400, "height": 800}, java_script_enabled=False)
    cells = page.locator("table.stacked").first.locator("td")
    assert page.locator("table.stacked th").first.is_hidden()
    for cell in cells.all():
        if cell.inner_text():
            place = cell.bounding_box()
            assert place["x"] >= 0
            assert place["x"] + place["width"] <= 400
    names = [cell.get_attribute("data-name") for cell in cells.all()[:6]]
    assert names == ["no.", "optimizer", "start", "evaluations", "best", "end"]


def test_the_answers_of_combined_rules_unfold_without_javascript(browser, tmp_path):
    run = history()
    opt = run.start("Alpha")
    run.evaluate(opt, [3.0, 2.0])
    parts = (Verdict(True, "First(3)", "7 > 3"), Verdict(False, "Second(<b>)", "1 of 2"))
    run.happen(StopRequested(run.now, opt, "stopper", Verdict(True, "(First(3) | Second(<b>))", parts=parts)))
    path = write_report(record(tmp_path / "run", run), tmp_path / "report.html")
    page = opened(browser, path, java_script_enabled=False)
    answers = page.locator("td pre")
    assert answers.count() == 1
    assert not answers.is_visible()
    page.get_by_text("First(3): 7 > 3").first.click()
    assert answers.inner_text().splitlines() == ["yes one of", "    yes First(3): 7 > 3", "    no  Second(<b>): 1 of 2"]


def test_a_run_without_a_value_has_no_picture_and_its_failures_come_first(tmp_path):
    run = history()
    run.evaluate(run.start("Alpha"), [np.nan, np.nan])
    run.converge(1)
    text = write_report(record(tmp_path / "run", finish(run)), tmp_path / "report.html").read_text()
    assert "no evaluation gave a value, so there is nothing to draw" in text
    assert "<img" not in text
    assert text.index("<h2>Failed evaluations") < text.index("<h2>Optimizers")


def test_it_names_no_address_from_which_anything_is_loaded(evil, tmp_path):
    text = write_report(evil, tmp_path / "report.html").read_text()
    assert "default-src 'none'" in text
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=.?https?:", text)


def test_a_run_without_evaluations_has_a_report(tmp_path):
    run = history()
    run.start("Random")
    text = write_report(record(tmp_path / "run", run), tmp_path / "report.html").read_text()
    assert "nothing has been evaluated, so there is nothing to draw" in text
    assert "no value" in text or "none" in text


def test_a_parameter_at_its_bound_and_a_failure_are_named(tmp_path):
    run = history(bounds=[(0, 1), (0, 1)])
    run.start("Random")
    run.evaluate(1, [3.0, 2.0, np.nan], X=np.array([[0.5, 0.5], [0.0, 0.5], [0.2, 0.2]]))
    text = write_report(record(tmp_path / "run", run), tmp_path / "report.html").read_text()
    assert "1 of 2 parameters at a bound" in text
    assert "<td>lower</td>" in text


def test_without_matplotlib_and_bokeh_the_tables_are_there(evil, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "glompo.show.picture", None)
    monkeypatch.setattr("glompo.show.html.report.drawn", lambda *_: None)
    text = write_report(evil, tmp_path / "report.html").read_text()
    assert "pip install &#x27;glompo[plot]&#x27;" in text
    assert "<h2>Optimizers</h2>" in text
