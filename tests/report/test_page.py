"""The report's page in a real browser: on a phone and on a desk, light and dark, by keys alone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from browser import DESK, PHONE, chromium, needs_chromium, show, trouble
from rnnlab.document.parts import Source, Table, markdown
from rnnlab.report import html
from rnnlab.report.render import container

pytestmark = needs_chromium

RUNS = Source(runs=("names-train@lstm-1", "names-train@gru-1"))
WIDE = Table(
    [f"a column {number}" for number in range(14)],
    [
        [net, *(f"{number}.{part} ± 0.01" for number in range(13))]
        for net, part in (("lstm", 25), ("gru", 75))
    ],
    RUNS,
)
LONG = "names-train-side-by-side@" * 8
TEXT = f"""# 循环神经网络实验报告

With *emphasis*, `code` and **粗体**:
[down](#下面) and a long [{LONG}](#more-1), {LONG}, `{LONG}`.
It gets 3.25, 4.25 and [5.25%](#more).

## More

{container(markdown(WIDE, "en"), RUNS)}

![A figure](figures/a.png)

$${" + ".join(f"x_{{{number}}}" for number in range(60))}$$

```mermaid
flowchart LR
    {" ".join(f"a{number}[a long name of a box]" for number in range(3))}
    a0[a0]
    a1[a1]
    a0 --> a1
```

```
{LONG}
```

### 下面

{"Words to scroll by. " * 800}

## More

> 引文 {LONG}

{"Words below. " * 800}

<details>
<summary>合</summary>

中文

</details>
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    (folder / "figures").mkdir()
    Image.fromarray(np.zeros((700, 1600, 3), np.uint8)).save(folder / "figures/a.png")
    path = folder / "report.html"
    path.write_text(html.page(TEXT, folder, "zh"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[WebDriver]:
    with chromium() as driver:
        yield driver


def focused(driver: WebDriver) -> str:
    return driver.switch_to.active_element.text


def press(driver: WebDriver, *keys: str) -> None:
    ActionChains(driver).send_keys(*keys).perform()


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_right(browser, page, width, dark):
    show(browser, page, width, dark)
    assert trouble(browser) == []
    colour = "return getComputedStyle(document.body).backgroundColor"
    assert browser.execute_script(colour) == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ('<p style="width: 2000px">wide</p>', "pixels wide"),
        ('<a href="#nowhere">dead</a>', "no place for #nowhere"),
        ('<img alt="x" src="data:image/png;base64,AAAA">', "no picture x"),
        ("<script>document.title = 'smuggled'</script>", "Content Security Policy"),
        ('<img alt="x" src="http://127.0.0.1:9/x.png">', "Content Security Policy"),
    ],
)
def test_what_is_wrong_with_a_page_is_seen(browser, page, tmp_path, harm, found):
    path = tmp_path / "harmed.html"
    text = page.read_text(encoding="utf-8")
    path.write_text(text.replace("</main>", f"{harm}</main>"), encoding="utf-8")
    show(browser, path, PHONE)
    assert any(found in each for each in trouble(browser))
    assert browser.title != "smuggled"


def test_chinese_is_drawn_in_the_page_s_own_font_from_the_first(page):
    """Told to shape all text anew, Chromium draws the same (see the end of page.js)."""
    with chromium() as driver:  # one that has not drawn the page yet
        show(driver, page, PHONE)
        heading = driver.find_element(By.TAG_NAME, "h1")
        first = heading.screenshot_as_png
        driver.execute_script("document.body.style.fontVariantLigatures = 'none'")
        driver.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 200))")
        assert heading.screenshot_as_png == first


# The table of contents ------------------------------------------------------------------------

HERE = "#contents [aria-current]"


def here(driver: WebDriver) -> str:
    found = driver.find_elements(By.CSS_SELECTOR, HERE)
    return found[0].get_attribute("hash") if found else ""


def test_the_contents_stay_beside_the_text_and_show_where_one_is(browser, page):
    show(browser, page, DESK)
    assert here(browser) == ""
    for link in ("#more", "#more-1"):
        browser.find_element(By.CSS_SELECTOR, f"#contents a[href='{link}']").click()
        WebDriverWait(browser, 10).until(lambda driver, link=link: here(driver) == link)
        assert browser.find_element(By.CSS_SELECTOR, HERE).is_displayed()
    below = browser.find_element(By.CSS_SELECTOR, "#contents li li a")
    assert not below.is_displayed()  # its section is another


def test_on_a_phone_the_contents_fold_and_open_by_key(browser, page):
    show(browser, page, PHONE)
    link = browser.find_element(By.CSS_SELECTOR, "#contents a[href='#more-1']")
    assert not link.is_displayed()
    press(browser, Keys.TAB, Keys.ENTER)
    assert link.is_displayed()
    link.send_keys(Keys.ENTER)
    WebDriverWait(browser, 10).until(lambda driver: here(driver) == "#more-1")
    assert not link.is_displayed()
    heading = browser.find_element(By.ID, "more-1")
    bar = browser.find_element(By.ID, "contents")
    top = "return arguments[0].getBoundingClientRect()"
    assert (
        browser.execute_script(f"{top}.top", heading)
        >= browser.execute_script(f"{top}.bottom", bar) - 1
    )


# What stands behind a number ------------------------------------------------------------------


def told(driver: WebDriver) -> str:
    box = driver.find_element(By.ID, "source")
    return box.text if box.is_displayed() else ""


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_keys_lead_through_numbers_and_what_is_behind_them(browser, page, width):
    show(browser, page, width)
    first = browser.find_element(By.CSS_SELECTOR, "td[data-source]")
    stops = browser.find_elements(By.CSS_SELECTOR, "[data-source][tabindex='0']")
    assert [each.tag_name for each in stops] == ["span", "td"]
    browser.execute_script("arguments[0].focus()", first)
    assert told(browser) == "运行：names-train@ lstm-1"
    press(browser, Keys.ARROW_RIGHT)
    assert focused(browser).startswith("1.25")
    press(browser, Keys.ARROW_DOWN)
    assert focused(browser).startswith("1.75")
    assert told(browser) == "运行：names-train@ gru-1"
    press(browser, Keys.ARROW_DOWN, Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert focused(browser).startswith("12.25")  # the end of the row above
    assert trouble(browser) == []
    press(browser, Keys.ESCAPE)
    assert told(browser) == ""


def test_a_number_under_the_mouse_tells_what_is_behind_it(browser, page):
    show(browser, page, DESK)
    number = browser.find_element(By.CSS_SELECTOR, "p [data-source]")
    assert number.text == "3.25"
    ActionChains(browser).move_to_element(number).perform()
    assert told(browser) == "运行：names-train@ lstm-1"
    edge = number.size["height"] // 2 - 1
    to_the_box = ActionChains(browser, duration=0).move_to_element_with_offset(number, 0, edge)
    to_the_box.move_by_offset(0, 3).move_by_offset(0, 5).perform()
    assert told(browser) == "运行：names-train@ lstm-1"
    ActionChains(browser).move_to_element(browser.find_element(By.TAG_NAME, "h1")).perform()
    assert told(browser) == ""


def test_arrows_that_lead_nowhere_are_the_browser_s_own(browser, page):
    show(browser, page, DESK)
    first = browser.find_element(By.CSS_SELECTOR, "td[data-source]")
    browser.execute_script(
        "window.taken = [];"
        "document.addEventListener('keydown', (event) => taken.push(event.defaultPrevented));"
        "arguments[0].focus()",
        first,
    )
    press(browser, Keys.ARROW_UP)
    ActionChains(browser).key_down(Keys.SHIFT).send_keys(Keys.ARROW_RIGHT).key_up(
        Keys.SHIFT
    ).perform()
    press(browser, Keys.ARROW_RIGHT)
    assert browser.execute_script("return taken") == [False, False, False, True]


def test_on_paper_what_folds_is_open(browser, page):
    show(browser, page, DESK)
    browser.execute_script("dispatchEvent(new Event('beforeprint'))")
    assert browser.find_element(By.CSS_SELECTOR, "main details").get_attribute("open")


def test_a_number_that_is_a_link_is_told_of_with_its_link(browser, page):
    show(browser, page, DESK)
    link = browser.find_element(By.XPATH, "//main//a[.='5.25%']")
    browser.execute_script("arguments[0].focus()", link)
    assert told(browser) == "运行：names-train@ lstm-1"
    assert link.get_attribute("aria-describedby") == "source"
    press(browser, Keys.TAB)
    assert browser.switch_to.active_element.tag_name == "div"  # the table that scrolls


# Figures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_figure_opens_at_full_size_and_closes_by_key(browser, page, width):
    show(browser, page, width)
    button = browser.find_element(By.CSS_SELECTOR, ".enlarge")
    size = "return arguments[0].getBoundingClientRect().width"
    assert browser.execute_script(size, button) < width
    button.send_keys(Keys.ENTER)
    large = browser.find_element(By.CSS_SELECTOR, "dialog img")
    assert large.is_displayed()
    assert browser.execute_script(size, large) == 1600
    press(browser, Keys.ESCAPE)
    assert not browser.find_element(By.TAG_NAME, "dialog").is_displayed()
    assert browser.switch_to.active_element == button
