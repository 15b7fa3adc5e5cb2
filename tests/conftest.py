"""What tests of several rooms share: a real browser, for pages."""

from __future__ import annotations

import os
import shutil

import pytest


@pytest.fixture(scope="module")  # no longer: while it is open an event loop runs in this thread
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if chromium is None or sync_playwright is None:
        missing = "there is no chromium" if chromium is None else "playwright is not installed"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()
