"""Pages in a real, headless Chromium: the report's, and MLflow's from a real `mlflow ui`."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from projects import environment
from waiting import PATIENCE, answers, until

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
DRIVER = shutil.which("chromedriver")
needs_chromium = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="no chromium and chromedriver here"
)
PHONE, DESK = 390, 1200
"""Widths of a window, in pixels."""
STILL = 5
"""Looks in a row, 0.2 s apart, in which nothing moved."""
CLICK = "arguments[0].click()"
SEEDS = "tags.seed != ''"
"""The runs of single seeds, without the summaries above them."""
CURVES = ".scatterlayer .trace path.js-line"


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


def compare(
    folder: Path, lab: str, metric: str, count: int, picture: Path
) -> tuple[list[str], list[str]]:
    """Select `count` runs of `lab` in the store in `folder` and compare them.

    Returns the runs' ids in the compare view, and the curves of `metric` that it leads to, as SVG
    paths. A screenshot of the lab's charts is written to `picture`.
    """
    port = free_port()
    ui = served("ui", "--workers", "1", port=port, path="/health", folder=folder)
    with ui as address, chromium() as driver:
        driver.get(address)
        home = _found(driver, "a", lab)[0].get_attribute("href")
        driver.get(f"{home}/runs?searchFilter={quote(SEEDS)}")
        for box in _found(driver, ".ag-row .ag-checkbox-input", count=count)[:count]:
            driver.execute_script(CLICK, box)
        _press(driver, "button", "Compare")
        _found(driver, "h1, h2", f"Comparing {count} Runs from 1 Experiment")
        links = _found(driver, "a[href*='/runs/']", count=count)
        ids = [each.get_attribute("href").split("/")[-1] for each in links]
        _press(driver, "a", metric)
        curves = [each.get_attribute("d") for each in _found(driver, CURVES, count=count)]
        driver.get(f"{home}/runs?compareRunsMode=CHART&searchFilter={quote(SEEDS)}")
        search = _found(driver, "input[placeholder='Search metric charts']")[0]
        search.send_keys("^(train|valid|test)_(loss|accuracy)$")
        driver.execute_script(CLICK, _found(driver, "[data-component-id$='chat_panel.close']")[0])
        # Plotly's buttons show up under a mouse alone, where there is one.
        driver.execute_script(
            "document.head.append(Object.assign(document.createElement('style'), "
            "{textContent: '.modebar {display: none}'}))"
        )
        _settled(driver, CURVES, count)
        driver.save_screenshot(str(picture))
    Image.open(picture).quantize().save(picture, optimize=True)
    return ids, curves


def _press(driver: WebDriver, selector: str, text: str) -> None:
    driver.execute_script(CLICK, _found(driver, selector, text)[0])


def _settled(driver: WebDriver, selector: str, count: int) -> None:
    """Wait until the elements are there and have been the same for a second."""
    looks: list[list[str]] = []

    def still(_: WebDriver) -> bool:
        looks.append([each.get_attribute("d") for each in _found(driver, selector, count=count)])
        return len(looks) > STILL and all(each == looks[-1] for each in looks[-STILL:])

    redrawn = [StaleElementReferenceException]  # between being found and being read
    wait = WebDriverWait(driver, PATIENCE, poll_frequency=0.2, ignored_exceptions=redrawn)
    wait.until(still, f"{selector} keeps changing")


def _found(driver: WebDriver, selector: str, text: str = "", count: int = 1) -> list[WebElement]:
    """The elements of the page with `text`, once there are `count`."""

    def look(_: WebDriver) -> list[WebElement]:
        # By a script: pages redraw themselves between two questions of a driver.
        elements = driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter(each => !arguments[1] || each.textContent.trim() === arguments[1])",
            selector, text,
        )  # fmt: skip
        return elements if len(elements) >= count else []

    return WebDriverWait(driver, PATIENCE).until(look, f"no {selector} {text!r} in the page")
