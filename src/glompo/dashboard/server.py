"""The server of the pages: on this machine only, and only for those who know its address."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from bokeh.application import Application
from bokeh.application.handlers.function import FunctionHandler
from bokeh.server.server import BaseServer
from bokeh.server.tornado import BokehTornado
from bokeh.server.util import bind_sockets
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop

from glompo.dashboard.downloads import Download
from glompo.dashboard.followed import FollowedRun
from glompo.dashboard.page import Page
from glompo.errors import UserError
from glompo.safe_text import engine_text
from glompo.show.bokeh.theme import THEMES

HOST = "127.0.0.1"

PAUSE = 0.25
"""Seconds between two looks into the journals."""

BETWEEN = 0.01
"""Seconds that pages have for themselves between two slices of a long journal."""


COMPONENTS: list[Any] = ["bokeh", "bokeh-widgets"]
"""Parts of BokehJS that pages use; the others are two thirds of its bytes."""


class _Web(BokehTornado):
    def resources(self, absolute_url: str | bool | None = None) -> Any:
        """Return what a page loads."""
        return super().resources(absolute_url).clone(components=COMPONENTS)


class Dashboard:
    """Serves pages about runs on this machine, until it is closed.

    The address holds a random token: without it there is no page, no connection, and so no control. Connections are
    taken from pages of this server alone.

    Parameters
    ----------
    runs : sequence of FollowedRun
        At least one.
    port : int
        Where it listens; 0 for any that is free.
    token : str
        The secret in its address; a random one if empty.
    proxy : str
        Where another server passes on what is asked for, such as ``https://example.org/runs``; empty without one.

    Attributes
    ----------
    url : str
        Its address, with the token.

    Raises
    ------
    UserError
        If the port is taken, or the address of the proxy is none.
    """

    def __init__(self, runs: Sequence[FollowedRun], port: int = 0, token: str = "", proxy: str = "") -> None:
        outside = urlsplit(proxy)
        if proxy and not (outside.scheme in ("http", "https") and outside.netloc):
            raise UserError(f"the address of the proxy is {proxy!r}; give it whole, such as https://example.org/runs")
        self.runs = list(runs)
        self._loop = IOLoop.current()
        try:
            sockets, self.port = bind_sockets(HOST, port)
        except (OSError, OverflowError) as error:
            raise UserError(f"port {port} cannot be had: {engine_text(error)}; give another, or none") from error
        self._token = token or secrets.token_urlsafe(24)
        self.url = f"{proxy.rstrip('/') or f'http://{HOST}:{self.port}'}/{self._token}"
        pages = {f"/{self._token}": Application(FunctionHandler(self._make_page))}
        files: Any = [(rf"/{self._token}/(optimizers|decisions)-(\d+)\.csv", Download, {"runs": self.runs})]
        origins = [f"{HOST}:{self.port}", f"localhost:{self.port}", *([outside.netloc] if proxy else [])]
        web = _Web(
            pages, prefix=outside.path, extra_websocket_origins=origins, extra_patterns=files, use_index=False,
            redirect_root=False,
        )  # fmt: skip
        http = HTTPServer(web)
        http.add_sockets(sockets)
        self._server = BaseServer(self._loop, web, http)

    def serve(self) -> None:
        """Serve until Ctrl-C, or until the process is told to end."""
        self._server.start()
        self._loop.add_callback(self._follow)
        self._server.run_until_shutdown()

    def _follow(self) -> None:
        more = [run.poll() for run in self.runs]
        self._loop.call_later(BETWEEN if any(more) else PAUSE, self._follow)

    def _make_page(self, document: Any) -> None:
        asked = document.session_context.request.arguments.get("theme", [b""])[0].decode("utf-8", "replace")
        Page(document, self.runs, self._token, asked if asked in THEMES else None)
