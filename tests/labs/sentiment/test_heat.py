"""Words shaded by their weight: in the page they stand in the place of the report's picture."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver

import made
from browser import DESK, PHONE, chromium, needs_chromium, show, trouble
from rnnlab.document.parts import figure_file
from rnnlab.document.results import Results
from rnnlab.labs.sentiment import heat
from rnnlab.labs.sentiment.facts import Facts, Mistake, Mistakes
from rnnlab.report import html

WORDS = ["good", "<unk>", "</span><b>", "bad", "w" * 60, "film"]
WEIGHTS = [2.0, 0.0, -0.4, -1.5, 0.5, -0.2]


def results(*reviews: Mistake) -> Results:
    least: Facts = made.least(Facts)
    mistakes = Mistakes(net="gru-1-2-100d", seed=1, reviews=list(reviews))
    nets = {"names": {"ours": {}}}  # none at work in the page
    return made.results(nets, {}, sentiment=least.model_copy(update={"mistakes": mistakes}))


def review(label: int) -> Mistake:
    said = {"probability": 0.25, "tokens": 90, "start": 10}
    return Mistake(label=label, **said, words=WORDS, weights=WEIGHTS)


def test_every_word_has_its_side_and_its_weight():
    text = heat.html(results(review(0)), Path(), "en")
    words = re.findall(
        r'<span class="(.*?)" style="--heat: (.*?)%" title="(.*?)">(.*?)</span>', text
    )
    assert [each[0] for each in words] == [
        *("for marked", "against", "against", "against marked", "for marked", "against")
    ]
    depths = [float(each[1]) / (100 * heat.DEEPEST) for each in words]
    assert depths == pytest.approx([abs(each) / 2 for each in WEIGHTS], abs=1e-3)
    assert [each[2] for each in words][:4] == ["+2.00", "+0.00", "−0.40", "−1.50"]
    assert [each[3] for each in words][1:3] == ["&lt;unk&gt;", "&lt;/span&gt;&lt;b&gt;"]
    assert "negative, called positive with 25.0% (words 11 to 16 of 90)" in text
    assert "正面，判为负面的概率 75.0%" in heat.html(results(review(1)), Path(), "zh")


def test_without_reviews_there_is_nothing():
    assert heat.html(results(), Path(), "en") == ""


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    (folder / "figures").mkdir()
    picture = figure_file(heat.PICTURE, "en")
    Image.fromarray(np.zeros((9, 9, 3), np.uint8)).save(folder / "figures" / picture)
    text = f"# A\n\n## B\n\nBefore.\n\n![x](figures/{picture})\n\n*From.*\n"
    path = folder / "report.html"
    found = results(review(0), review(1))
    path.write_text(html.page(text, folder, "en", {}, found), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[WebDriver]:
    with chromium() as driver:
        yield driver


CONTRAST = """
const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const colour = (...layers) => {
  for (const each of layers) { pixel.fillStyle = each; pixel.fillRect(0, 0, 1, 1); }
  return [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3);
};
const light = (rgb) => {
  const linear = (each) => each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4;
  const [red, green, blue] = rgb.map((each) => linear(each / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const page = getComputedStyle(document.body).backgroundColor;
return [...document.querySelectorAll(".heat span")].map((word) => {
  const style = getComputedStyle(word);
  const both = [colour(style.color), colour(page, style.backgroundColor)].map(light).sort();
  return (both[1] + 0.05) / (both[0] + 0.05);
});
"""


@needs_chromium
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_in_the_picture_s_place_and_can_be_read(browser, page, width, dark):
    show(browser, page, width, dark)
    assert trouble(browser) == []
    assert browser.find_elements(By.CSS_SELECTOR, "main img") == []
    before = browser.find_element(By.CSS_SELECTOR, ".heat").find_element(
        By.XPATH, "preceding::p[1]"
    )
    assert before.text == "Before."
    contrasts = browser.execute_script(CONTRAST)
    assert min(contrasts) > 4.5
    assert max(contrasts) - min(contrasts) > 4  # some are shaded, some are not


@needs_chromium
def test_sides_differ_without_colour_too(browser, page):
    show(browser, page, DESK)
    lines = {
        each.get_attribute("class"): each.value_of_css_property("text-decoration-line")
        + each.value_of_css_property("text-decoration-style")
        for each in browser.find_elements(By.CSS_SELECTOR, ".heat span")
    }
    assert lines == {
        "for marked": "underlinesolid",
        "against marked": "underlinewavy",
        "against": "nonesolid",
    }
