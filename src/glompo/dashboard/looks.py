"""How the pages look, on a light and on a dark ground: style sheets, and the frame of the page."""

from __future__ import annotations

from urllib.parse import quote

from glompo.show.bokeh.theme import FONT, Theme

FRAME = """
{% block title %}GloMPO{% endblock %}
{% block preamble %}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
{% if not chosen -%}
<script>if (matchMedia("(prefers-color-scheme: dark)").matches) location.replace("?theme=dark")</script>
{%- endif %}
<style>
html, body { margin: 0; background: {{ ground }}; }
#lost { margin: 0; padding: 8px 22px; font: 14px {{ font }}; color: {{ card }}; background: {{ bad }}; }
</style>
{% endblock %}
{% block inner_body %}
<p id="lost" role="alert" hidden>The connection was lost. This page comes back with its server.</p>
{{ super() }}
{% endblock %}
"""
"""The page: dark at once where the system prefers that and the address does not say how it is to look."""

RETURN = """
document.getElementById("lost").hidden = false
const again = () => setTimeout(look, 1000)
const look = () => fetch(location.href).then(answer => answer.ok ? location.reload() : again(), again)
look()
"""
"""What a page does when its connection is lost; Bokeh's own way back takes no binary columns, and tries for 31 s."""

TURN = """
const dark = new URLSearchParams(location.search).get("theme") === "dark"
history.replaceState(null, "", dark ? "?theme=light" : "?theme=dark")
"""
"""What the button does to the address, so that a page that comes back looks as before."""


WRAPPED = {"flex-wrap": "wrap"}
"""Of a row of fields: what has no room in a narrow window stands below."""

PANEL = ":host { min-width: 0; } :host([style*='visibility: hidden']) { height: 0; overflow: hidden; }"
"""Of what a tab holds: Bokeh hides it where it stands, and a long or wide table would leave all tabs so."""


def markup_style(theme: Theme) -> str:
    """Return the style of tables and texts."""
    return f"""
    :host {{ font: 14px/1.45 {FONT}; color: {theme.ink}; }}
    h1 {{ font-size: 18px; margin: 0; font-weight: 600; }}
    .bk-clearfix {{ width: 100%; }}
    table {{ border-collapse: collapse; width: 100%; background: {theme.card}; border-radius: 6px; }}
    caption {{ text-align: left; font-weight: 600; padding: 6px 0; }}
    th, td {{ text-align: left; padding: 6px 12px; border-bottom: 1px solid {theme.grid}; vertical-align: top; }}
    td:last-child {{ overflow-wrap: anywhere; min-width: 200px; }}
    td.n:last-child {{ min-width: 0; }}
    @media (max-width: 760px) {{ th, td {{ padding: 6px 7px; }} }}
    th {{ color: {theme.faint}; font-weight: 500; white-space: nowrap; }}
    .n {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
    .scroll {{ overflow-x: auto; }}
    dl {{ display: flex; flex-wrap: wrap; gap: 10px; margin: 0 0 8px; }}
    dl div {{ background: {theme.card}; border-radius: 6px; padding: 8px 16px; min-width: 88px; }}
    dt {{ color: {theme.faint}; font-size: 12px; }}
    dd {{ margin: 0; font-size: 20px; font-variant-numeric: tabular-nums; }}
    small {{ color: {theme.faint}; font-size: 13px; }}
    p {{ margin: 4px 0; overflow-wrap: anywhere; }}
    pre {{ white-space: pre-wrap; margin: 6px 0; font-size: 12px; color: {theme.ink}; }}
    a {{ color: {theme.colours[0]}; }}
    summary {{ cursor: pointer; }}
    .bad {{ color: {theme.failed}; }}
    .state::before {{ content: "● "; color: {theme.faint}; }}
    .state.good::before {{ color: {theme.colours[2]}; }}
    .state.bad::before {{ content: "▲ "; color: {theme.failed}; }}
    """


def widget_style(theme: Theme) -> str:
    """Return the style of buttons, fields and tabs."""
    triangle = f"<path d='M 0,0 25,0 12.5,20 Z' fill='{theme.ink}'/>"
    arrow = f"<svg viewBox='0 0 25 20' xmlns='http://www.w3.org/2000/svg'>{triangle}</svg>"
    return f"""
    :host {{ font-family: {FONT}; color: {theme.ink}; --color: {theme.ink}; }}
    select.bk-input:not([multiple]) {{ background-image: url("data:image/svg+xml;utf8,{quote(arrow)}"); }}
    label {{ color: {theme.faint}; font-size: 12px; }}
    .bk-btn, .bk-input {{ background: {theme.card}; color: {theme.ink}; border: 1px solid {theme.faint};
      border-radius: 5px; font-size: 14px; }}
    .bk-input option {{ background: {theme.card}; color: {theme.ink}; }}
    .bk-btn:hover {{ background: {theme.grid}; }}
    .bk-tab:focus {{ outline: none; }}
    .bk-btn:focus-visible, .bk-input:focus-visible, .bk-tab:focus-visible {{ outline: 2px solid {theme.colours[0]};
      outline-offset: 1px; }}
    .bk-btn:disabled, .bk-btn.bk-btn-default[disabled] {{ background: {theme.card}; color: {theme.ink};
      border-color: {theme.faint}; opacity: 0.5; }}
    .bk-headers-wrapper {{ flex-wrap: wrap; }}
    .bk-tab {{ color: {theme.faint}; font-size: 14px; padding: 8px 14px; background: transparent; border: none; }}
    .bk-tab.bk-active, :host(.bk-above) .bk-tab.bk-active {{ color: {theme.ink}; background: transparent;
      border-bottom: 2px solid {theme.colours[0]}; }}
    :host(.bk-above) .bk-header, .bk-header {{ border-bottom: 1px solid {theme.grid}; }}
    """


def ground(theme: Theme) -> dict[str, str]:
    """Return the style of the whole page."""
    return {"background": theme.page, "min-height": "100vh", "padding": "14px 22px", "box-sizing": "border-box"}
