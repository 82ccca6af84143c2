"""A sandbox that listens, and a real browser to open it with."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from playwright.async_api import Browser, async_playwright, expect

from tests.adapters.curious import Opened, opened
from tests.adapters.pages import Caller
from tests.adapters.windows import Windows
from tests.loopback.slack_house import Houses
from tests.loopback.slack_server import Slack, listening
from tests.required import missing

expect.set_options(timeout=30_000)  # A browser on a busy machine is slow, and not wrong.


@pytest.fixture
async def town() -> AsyncIterator[Opened]:
    """The sample town on a free port, its core answered by hand."""
    sandbox = await opened()
    sandbox.address = await sandbox.site.start()
    yield sandbox
    await sandbox.site.stop()
    sandbox.sandbox.close()


@pytest.fixture
async def caller(town: Opened) -> AsyncIterator[Caller]:
    """Asks the page's addresses as the page does, without a browser."""
    async with ClientSession() as session:
        yield await Caller.at(town.address, session)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A real Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        missing("There is no Chromium here.", remedy="Install it (Debian: apt install chromium).")
    # Root has no sandbox of the kernel to run a browser in.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        chrome = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield chrome
        await chrome.close()


@pytest.fixture
async def windows(browser: Browser, town: Opened) -> AsyncIterator[Windows]:
    """Opens the page; whatever it complains of in the console fails the test."""
    opener = Windows(browser=browser, town=town)
    yield opener
    assert opener.complaints == []


@pytest.fixture
async def houses(sqlite_file: Path) -> AsyncIterator[Houses]:
    """A Slack on 127.0.0.1 with fast limits, held to what was asked of it at the end; an empty database."""
    async with listening(Slack(speed=20)) as slack:
        yield Houses(slack=slack, file=sqlite_file)
