"""The report's pages in a real, headless Chromium, and models served by a real `mlflow`."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webdriver import WebDriver

from projects import environment
from waiting import PATIENCE, answers, until

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
DRIVER = shutil.which("chromedriver")
needs_chromium = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="no chromium and chromedriver here"
)
PHONE, DESK = 390, 1200
"""Widths of a window, in pixels."""


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def served(*command: str, port: int, path: str, folder: Path) -> Iterator[str]:
    """The address of `mlflow …` that runs in `folder`, once `path` answers; killed at the end."""
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *command, "--host", "127.0.0.1", "--port", str(port)],
        cwd=folder, env={**environment(), **quiet}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        until(lambda: answers(f"{address}{path}"), process, PATIENCE, pause=0.2)
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()


@contextlib.contextmanager
def chromium() -> Iterator[WebDriver]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in (
            "headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
            "disable-background-networking", "disable-component-update", "disable-sync",
            "window-size=1400,1000", f"user-data-dir={profile}",
        ):  # fmt: skip
            options.add_argument(f"--{flag}")
        driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        try:
            yield driver
        finally:
            driver.quit()


def show(driver: WebDriver, page: Path, width: int, dark: bool = False) -> None:
    """Open a page of the report in a window of that width, and wait until its fonts are there."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.get(page.as_uri())
    driver.execute_async_script("document.fonts.ready.then(() => setTimeout(arguments[0], 200))")


def trouble(driver: WebDriver) -> list[str]:
    """What is wrong with the report's page that is shown, if anything."""
    return [
        *(each["message"] for each in driver.get_log("browser")),
        *driver.execute_script("""
            const found = [];
            const page = document.documentElement;
            if (page.scrollWidth > innerWidth) found.push(`${page.scrollWidth} pixels wide`);
            for (const link of document.querySelectorAll("a[href^='#']")) {
              const name = decodeURIComponent(link.hash.slice(1));
              if (!document.getElementById(name)) found.push(`no place for ${link.hash}`);
            }
            for (const image of document.images) {
              if (!image.naturalWidth) found.push(`no picture ${image.alt}`);
            }
            if (!document.querySelector("#contents li a")) found.push("no table of contents");
            return found;
        """),
    ]
