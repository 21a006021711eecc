"""The nets that read a name letter by letter: in the figure and in the page they are PyTorch's."""

import contextlib
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

import made
from browser import DESK, PHONE, chromium, needs_chromium, show, trouble
from rnnlab.corpora.folding import SYMBOLS, fold
from rnnlab.document import style
from rnnlab.document.parts import Source, figure_file
from rnnlab.document.results import Results
from rnnlab.document.text import tell
from rnnlab.errors import LabError
from rnnlab.files import sha256, write_sealed
from rnnlab.labs.names import letters, live
from rnnlab.labs.names.data import encode
from rnnlab.labs.names.facts import Facts
from rnnlab.labs.names.languages import told
from rnnlab.nets import namer
from rnnlab.report import html
from rnnlab.runs.catalogue import Finished
from rnnlab.runs.files import MODEL
from rnnlab.training.batches import pad

LANGUAGES = ["Czech", "Greek", "Polish", "<b>Russian</script>", "Thai"]
HIDDEN = 12
SAY = partial(tell, language="zh")
NAMES = ["Kowalski", "Li", "O'Neal", "de la Cruz", "x"]


def net(structure: str, seed: int = 1) -> torch.nn.Module:
    """A net far from its first weights, so that its gates move."""
    torch.manual_seed(seed)
    built = namer.build(structure, len(SYMBOLS), HIDDEN, len(LANGUAGES)).eval()
    with torch.no_grad():
        for weight in built.parameters():
            weight.mul_(2)
    return built


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("nets")
    for structure in live.SHOWN:
        save_file(net(structure).state_dict(), live.path(folder, structure))
    return folder


@pytest.fixture(scope="module")
def results() -> Results:
    least: Facts = made.least(Facts)
    (language,) = least.counts.languages.values()
    counts = least.counts.model_copy(update={"languages": dict.fromkeys(LANGUAGES, language)})
    scores = {each: made.net(valid_accuracy={1: 0.5, 2: 0.7, 3: 0.7}) for each in live.SHOWN}
    facts = least.model_copy(update={"counts": counts})
    return made.results({"names": {"ours": scores}}, {}, names=facts)


def drawn(results: Results, weights: Path, folder: Path) -> Path:
    """The still, saved in `folder`."""
    with style.applied():
        ((name, figure),) = letters.draw(results, weights, SAY)
        path = folder / figure_file(name, "zh")
        style.save(figure, path)
    return path


def probabilities(structure: str, name: str) -> np.ndarray:
    """What PyTorch's net says of every beginning of the name: (letters, languages)."""
    with torch.inference_mode():
        rows = [net(structure)(*pad([encode(name[: end + 1])])) for end in range(len(name))]
    return torch.cat(rows).exp().double().numpy()


def lstm_states(name: str) -> tuple[np.ndarray, np.ndarray]:
    """PyTorch's h and c of the last layer behind every letter: (letters, hidden) each."""
    with torch.inference_mode():
        lstm = net("lstm").recurrent
        rows = torch.nn.functional.one_hot(torch.from_numpy(encode(name)), len(SYMBOLS)).float()
        states = [lstm(rows[: end + 1])[1] for end in range(len(name))]
    return tuple(np.stack([each[part][-1].double().numpy() for each in states]) for part in (0, 1))


@pytest.mark.parametrize("structure", live.SHOWN)
@pytest.mark.parametrize("name", NAMES)
def test_the_figure_s_numbers_are_pytorchs(weights, structure, name):
    steps = live.follow(structure, live.read(weights, structure), encode(name))
    assert steps.probabilities == pytest.approx(probabilities(structure, name), abs=1e-5)
    if structure == "lstm":
        h, c = lstm_states(name)
        assert steps.states["h"] == pytest.approx(h, abs=1e-5)
        assert steps.states["c"] == pytest.approx(c, abs=1e-5)
        before = np.vstack([np.zeros(HIDDEN), c[:-1]])
        f, i, g, o = (steps.states[gate] for gate in "figo")
        assert f * before + i * g == pytest.approx(c, abs=1e-5)
        assert o * np.tanh(c) == pytest.approx(h, abs=1e-5)


# Which nets, and where they lie ---------------------------------------------------------------


def test_the_run_that_validation_finds_best_is_kept(results, tmp_path):
    regimes = results.nets["names"]
    assert live.chosen(regimes) == dict.fromkeys(live.SHOWN, 2)
    assert live.chosen({"ours": {"lstm": regimes["ours"]["lstm"]}}) == {"lstm": 2}
    runs = {"ours": {each: {} for each in live.SHOWN}}
    for structure in live.SHOWN:
        folder = tmp_path / structure
        folder.mkdir()
        (folder / MODEL).write_bytes(structure.encode())
        digest = sha256(folder / MODEL)
        identity = {"lab": "names", "net": structure, "seed": 2, "settings": {}, "data": {}}
        run = {**identity, "environment": {}, "fingerprint": "", "structure": "", "parameters": 1}
        run |= {"best_epoch": 1, "scores": {}, "files": {MODEL: digest}}
        write_sealed(folder / "run.json", run)
        runs["ours"][structure][2] = Finished(SimpleNamespace(), SimpleNamespace(), folder)
    live.keep(runs, regimes, tmp_path / "kept")
    kept = {path.name: path.read_text() for path in (tmp_path / "kept").iterdir()}
    assert kept == {f"{each}.safetensors": each for each in live.SHOWN}
    (tmp_path / "lstm" / MODEL).write_bytes(b"other")
    with pytest.raises(LabError, match="broken"):
        live.keep(runs, regimes, tmp_path / "kept")


@pytest.mark.parametrize("content", [None, b"", b"\x00" * 20])
def test_weights_that_are_missing_or_broken_are_named(results, tmp_path, content):
    if content is not None:
        for structure in live.SHOWN:
            live.path(tmp_path, structure).write_bytes(content)
    with pytest.raises(LabError, match=r"tutorial-rnn\.safetensors is (missing|broken)"):
        dict(letters.draw(results, tmp_path, SAY))


def test_the_still_is_drawn_the_same_twice_and_names_its_runs(results, weights, tmp_path):
    paths = [drawn(results, weights, tmp_path / each) for each in "ab"]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert letters.figure(results.nets["names"]).source == Source(runs=("train@2",) * 2)


def test_without_the_nets_there_is_nothing(tmp_path):
    none = made.results({"names": {"ours": {}}}, {})
    assert dict(letters.draw(none, tmp_path, SAY)) == {}
    assert letters.html(none, tmp_path, "en") == ""


# In the page ----------------------------------------------------------------------------------


@contextlib.contextmanager
def opened(page: Path, width: int) -> Iterator[WebDriver]:
    with chromium() as driver:
        show(driver, page, width)
        yield driver


@pytest.fixture(scope="module")
def page(results, weights, tmp_path_factory) -> Path:
    """A page that shows the still, in Chinese."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / "nets").mkdir()
    (folder / "nets/names").symlink_to(weights)
    still = drawn(results, weights, folder / "figures")
    text = f"# 报告\n\n## 姓氏\n\n![still](figures/{still.name})\n"
    path = folder / "report.zh.html"
    path.write_text(html.page(text, folder, "zh", {}, results), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def phone(page) -> Iterator[WebDriver]:
    with opened(page, PHONE) as driver:
        yield driver


FOLLOW = """
return Letters.nets.map(({ name, weights }) =>
  Letters.follow(name, weights, Letters.symbols, arguments[0]).map((step) =>
    Object.fromEntries(Object.entries(step).map(([state, row]) => [state, [...row]]))));
"""


@needs_chromium
@pytest.mark.parametrize("name", NAMES)
def test_the_page_s_numbers_are_pytorchs(phone, weights, name):
    for structure, steps in zip(live.SHOWN, phone.execute_script(FOLLOW, name), strict=True):
        told = np.array([step["probabilities"] for step in steps])
        assert told == pytest.approx(probabilities(structure, name), abs=1e-5)
        right = live.follow(structure, live.read(weights, structure), encode(name))
        for state, rows in right.states.items():
            assert np.array([step[state] for step in steps]) == pytest.approx(rows, abs=1e-5)


@needs_chromium
def test_a_typed_name_is_read_letter_by_letter_by_keys_alone(page):
    with opened(page, PHONE) as driver:
        assert trouble(driver) == []
        assert driver.find_elements(By.CSS_SELECTOR, "main img") == []
        field = driver.find_element(By.CSS_SELECTOR, ".letters input")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys("Ślusàrski")
        assert likeliest(driver) == expected("Slusarski")
        field.send_keys(Keys.TAB, Keys.ARROW_LEFT)  # to the last letter, and one back
        assert likeliest(driver) == expected("Slusarsk")
        heard = driver.find_element(By.CSS_SELECTOR, ".letters .told")
        first = "; ".join(
            f"{net}: {best[0]}" for net, best in zip(live.SHOWN, expected("Slusarsk"), strict=True)
        )
        WebDriverWait(driver, 10).until(lambda _: heard.get_attribute("textContent") == first)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys("王")
        assert driver.find_element(By.CSS_SELECTOR, ".letters .empty").is_displayed()
        assert not driver.find_element(By.CSS_SELECTOR, ".letters .nets").is_displayed()
        assert trouble(driver) == []


def likeliest(driver: WebDriver) -> list[list[str]]:
    panels = driver.find_elements(By.CSS_SELECTOR, ".letters ol")
    return [[each.text for each in panel.find_elements(By.TAG_NAME, "li")] for panel in panels]


def expected(name: str) -> list[list[str]]:
    found = []
    for structure in live.SHOWN:
        last = probabilities(structure, name)[-1]
        best = np.argsort(-last)[: letters.LIKELIEST]
        classes = [SAY(told(each)) for each in sorted(LANGUAGES)]
        found.append([f"{classes[each]} {100 * last[each]:.1f}%" for each in best])
    return found


@needs_chromium
def test_reading_from_the_start_ends_at_the_last_letter(page):
    with opened(page, DESK) as driver:
        driver.execute_script("window.setInterval = (act) => { window.act = act; return 1; }")
        driver.find_element(By.CSS_SELECTOR, ".letters button").click()
        read = "return document.querySelectorAll('.letters label.read').length"
        assert driver.execute_script(read) == 1
        for step in range(2, len(letters.EXAMPLE) + 3):
            driver.execute_script("window.act()")
            assert driver.execute_script(read) == min(step, len(letters.EXAMPLE))
        assert likeliest(driver) == expected(letters.EXAMPLE)


@needs_chromium
@given(text=st.text(max_size=20))
def test_the_page_folds_a_name_as_python_does(phone, text):
    told = phone.execute_script("return Letters.fold(arguments[0], Letters.symbols)", text)
    try:
        assert told == fold(text)
    except LabError:
        assert not any(each.isalpha() for each in told), json.dumps(text)
