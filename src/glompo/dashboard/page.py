"""One page in one browser: tabs, and what is drawn in the tab that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bokeh.layouts import column, row
from bokeh.models import CustomJS, InlineStyleSheet, TabPanel, Tabs
from bokeh.models.widgets import Button, Div, Select, TextInput

from glompo.dashboard import markup
from glompo.dashboard.controls import Controls
from glompo.dashboard.followed import FollowedRun
from glompo.dashboard.looks import FRAME, PANEL, RETURN, TURN, WRAPPED, ground, markup_style, widget_style
from glompo.dashboard.pictures import Pictures
from glompo.safe_text import legible
from glompo.show.bokeh.theme import FONT, THEMES, ThemeName

EVERY = 500
"""Milliseconds between two looks at what is new."""

SLOWLY = ("Parameters",)
"""Tabs that cost more than others, and are drawn anew with every tenth look only."""

DECISIONS_SHOWN = 200

SCALES: Any = [("auto", "what shows them best"), ("linear", "linear"), ("shifted", "distance to the smallest")]
WHICH: Any = [("all", "all optimizers"), ("living", "those that have not ended")]
AXES: Any = [("evaluations", "evaluations"), ("time", "run time"), ("cost", "time of evaluations")]


class Page:
    """One page.

    Parameters
    ----------
    document : bokeh.document.Document
        Where it is put.
    runs : sequence of FollowedRun
        At least one; the first is on display.
    files : str
        Where its files are, seen from its own address.
    theme : {'light', 'dark'}, optional
        How it looks at first; as the system prefers by default.
    """

    def __init__(self, document: Any, runs: Sequence[FollowedRun], files: str, theme: ThemeName | None = None) -> None:
        self._files = files
        self._document = document
        self._runs = runs
        self._run = runs[0]
        self._theme: ThemeName = theme or "light"
        self._drawn: tuple[object, object] = (None, None)
        self._looks = 0
        self._shown_decisions: int | None = None  # how many there were when they were shown
        self._widgets: Any = InlineStyleSheet(css="")
        self._markup: Any = InlineStyleSheet(css="")
        self._pictures = Pictures(self._theme)
        self._controls = Controls(document, self._widgets, self._markup)
        self._make_widgets()
        self._panels = self._made_panels()
        self._tabs: Any = Tabs(tabs=self._panels[:-1], sizing_mode="stretch_width", stylesheets=[self._widgets])
        self._tabs.on_change("active", lambda attr, old, new: self._arrive())
        self._root: Any = column(self._head(), self._facts, self._tabs, sizing_mode="stretch_width")
        self._dress()
        document.title = "GloMPO"
        document.template = FRAME
        colours = THEMES[self._theme]
        document.template_variables.update(
            chosen=theme is not None, font=FONT, ground=colours.page, card=colours.card, bad=colours.failed
        )
        document.config.reconnect_session = document.config.notify_connection_status = False
        document.js_on_event("connection_lost", CustomJS(code=RETURN))
        document.add_root(self._root)
        document.add_periodic_callback(self.draw, EVERY)
        self.draw()

    def draw(self) -> None:
        """Draw what is new in the tab that is looked at."""
        self._offer_calibration()
        panel = self._tabs.tabs[self._tabs.active]
        tab = panel.title
        if not panel.child.children:  # a browser builds all that it is sent, also what is hidden
            panel.child.children = self._contents[tab]
        self._looks += 1
        shown = (tab, self._run, self._chosen())
        new = (shown, tuple(run.version for run in self._runs))
        if new == self._drawn or (shown == self._drawn[0] and tab in SLOWLY and self._looks % 10):
            return
        self._drawn = new
        _put(self._facts, markup.facts(self._run))
        _put(self._overview, markup.overview(self._runs))
        if self._run.recording.begun and not self._run.error:
            self._draw_tab(tab)

    def _draw_tab(self, tab: str) -> None:
        rows = self._run.recording.rows()
        summary = self._run.recording.summary
        self._offer_parameters(summary.names)
        if tab in self._pictures.painters:
            self._pictures.painters[tab](self._run, rows)
        if tab == "Overview":
            _put(self._failures, markup.failures(summary))
        elif tab == "Optimizers":
            _put(self._optimizers, self._link("optimizers") + markup.optimizers(rows, self._which.value))
        elif tab == "Decisions":
            self._count_decisions()
        elif tab == "Control":
            self._controls.show(self._run, rows)

    def _make_widgets(self) -> None:
        sheets, markup_sheets = [self._widgets], [self._markup]
        runs: Any = [(str(k), legible(run.name, 60)) for k, run in enumerate(self._runs)]
        self._chooser: Any = Select(title="Run", value="0", options=runs, stylesheets=sheets, width=260)
        self._against: Any = Select(title="Against", value="evaluations", options=AXES, stylesheets=sheets, width=170)
        self._scale: Any = Select(
            title="Scale of the values", value="auto", options=SCALES, stylesheets=sheets, width=190
        )
        self._ground: Any = Button(label="Dark or light", stylesheets=sheets, align="end", width_policy="min")
        self._first: Any = Select(title="Parameter", value="0", options=[], stylesheets=sheets, width=200)
        self._second: Any = Select(title="Second parameter", value="1", options=[], stylesheets=sheets, width=200)
        self._which: Any = Select(title="Which", value="all", options=WHICH, stylesheets=sheets, width=200)
        self._searched: Any = TextInput(title="Words to look for", stylesheets=sheets, width=320)
        self._newer: Any = Button(label="Nothing new", stylesheets=sheets, align="end", width_policy="min")
        divs = (Div(text="", stylesheets=markup_sheets, sizing_mode="stretch_width") for _ in range(5))
        self._facts, self._overview, self._failures, self._optimizers, self._decisions = divs
        for one in (self._chooser, self._against, self._scale, self._first, self._second, self._which):
            one.on_change("value", lambda attr, old, new: self._choose())
        self._searched.on_change("value", lambda attr, old, new: self._show_decisions())
        self._newer.on_click(self._show_decisions)
        self._ground.on_click(self._turn)
        self._ground.js_on_click(CustomJS(code=TURN))

    def _head(self) -> Any:
        title = Div(text="<h1>GloMPO</h1>", stylesheets=[self._markup], align="end")
        fields = title, self._chooser, self._against, self._scale, self._ground
        return row(*fields, sizing_mode="stretch_width", styles=WRAPPED)

    def _made_panels(self) -> list[Any]:
        show = self._pictures
        self._contents = {
            "Overview": [self._overview, show.best.layout, self._failures],
            "Trajectories": [show.trajectories.layout],
            "Timeline": [show.timeline.layout],
            "Portfolio": [show.portfolio.layout],
            "Parameters": [
                show.sensitivity.layout, row(self._first, self._second), show.slice.layout, show.pair.layout,
                show.coordinates.layout,
            ],
            "Optimizers": [self._which, self._optimizers],
            "Decisions": [row(self._searched, self._newer), self._decisions],
            "Control": [self._controls.layout],
            "Calibration": [show.losses.layout, show.residuals.layout, show.parity.layout],
        }  # fmt: skip
        look: Any = {"sizing_mode": "stretch_width", "margin": (10, 0, 0, 0), "stylesheets": [PANEL]}
        return [TabPanel(title=title, child=column(**look)) for title in self._contents]

    def _offer_calibration(self) -> None:
        """Show the last tab for calibrations alone."""
        wanted = self._panels if self._run.fit.groups else self._panels[:-1]
        if len(wanted) != len(self._tabs.tabs):
            if self._tabs.active >= len(wanted):
                self._tabs.active = 0
            self._tabs.tabs = wanted

    def _chosen(self) -> tuple[object, ...]:
        show = self._pictures
        return (show.against, show.yscale, show.first, show.second, show.theme, self._which.value)

    def _choose(self) -> None:
        chosen = self._runs[int(self._chooser.value)]
        if chosen is not self._run:
            self._run, self._shown_decisions, self._decisions.text = chosen, None, ""
        show = self._pictures
        show.against, show.yscale = self._against.value, self._scale.value
        show.first, show.second = int(self._first.value), int(self._second.value)
        self.draw()

    def _offer_parameters(self, names: tuple[str, ...]) -> None:
        options = [(str(k), legible(name, 60)) for k, name in enumerate(names)]
        for field in (self._first, self._second):
            if field.options != options:
                field.options = options
                if int(field.value) >= len(names):
                    field.value = str(len(names) - 1)

    def _arrive(self) -> None:
        self._shown_decisions = None  # a list is held still only while it is read
        self.draw()

    def _count_decisions(self) -> None:
        found = self._run.decisions
        if self._shown_decisions is None:
            self._show_decisions()
        new = 0 if self._shown_decisions is None else found.count - self._shown_decisions
        self._newer.label = f"Show what is new: {new:,}" if new else "Nothing new"
        self._newer.disabled = not new

    def _show_decisions(self) -> None:
        found = self._run.decisions
        self._shown_decisions = found.count
        entries = found.newest(DECISIONS_SHOWN, self._searched.value)
        _put(self._decisions, self._link("decisions") + markup.decisions(entries, found.count))
        self._count_decisions()

    def _link(self, what: str) -> str:
        return markup.link(f"{self._files}/{what}-{self._runs.index(self._run)}.csv", "Save as CSV")

    def _turn(self) -> None:
        self._theme = "light" if self._theme == "dark" else "dark"
        self._pictures.restyle(self._theme)
        self._dress()

    def _dress(self) -> None:
        theme = THEMES[self._theme]
        self._widgets.css, self._markup.css = widget_style(theme), markup_style(theme)
        self._root.styles = ground(theme)


def _put(div: Any, text: str) -> None:
    if div.text != text:
        div.text = text
