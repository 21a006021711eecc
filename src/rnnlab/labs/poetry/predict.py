"""A trained net writes poems: symbol after symbol, each fed back, until the end symbol."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from rnnlab.corpora.hanzi import CLOSINGS, HANZI, PUNCTUATION
from rnnlab.corpora.tangshi import simplify
from rnnlab.errors import LabError
from rnnlab.labs.poetry.data import END, START_ID, WORDS, decode
from rnnlab.labs.poetry.settings import ArmTraining, Training
from rnnlab.nets.course_poet import CoursePoet
from rnnlab.nets.encoder import CELLS
from rnnlab.nets.language_model import LanguageModel
from rnnlab.runs import files as runs
from rnnlab.text.vocabulary import Vocabulary
from rnnlab.training.seeding import derive

Form = Literal["free", "five", "seven"]
WIDTHS = {"five": 5, "seven": 7}
FEATURES = (WORDS,)
"""What `answer` reads of the features' folder."""
SHORTEST, LONGEST = 3, 7
"""Characters that the first line of an acrostic in free form may have; the others follow it."""


@dataclass(frozen=True)
class Style:
    """What to write, and how symbols are drawn.

    form: `five` or `seven` characters in every line, or `free`. acrostic (藏头诗): the given
    characters open the lines, one each, instead of all standing at the beginning. lines: how
    many, in a five- or seven-character poem that is no acrostic (a 绝句 has four, a 律诗 eight).
    temperature: 0 always takes the likeliest symbol. top_k, top_p: draw among so many of the
    likeliest, or among the likeliest that together hold this much probability; None: among all.
    most: symbols after which a poem in free form is cut off.

    Raises LabError for a value that can't be.
    """

    form: Form = "free"
    acrostic: bool = False
    lines: int = 4
    temperature: float = 0.8
    top_k: int | None = None
    top_p: float | None = 0.95
    seed: int = 2077
    most: int = 120

    def __post_init__(self) -> None:
        rules = {
            "form must be free, five or seven": self.form in ("free", *WIDTHS),
            "lines must be 1 or more": self.lines >= 1,
            "temperature must be 0 or more": self.temperature >= 0,
            "top_k must be 1 or more": self.top_k is None or self.top_k >= 1,
            "top_p must be above 0 and at most 1": self.top_p is None or 0 < self.top_p <= 1,
            "most must be 1 or more": self.most >= 1,
        }
        for rule, kept in rules.items():
            if not kept:
                raise LabError(f"{rule}, but is {getattr(self, rule.split()[0])!r}; set it so.")


def compose(run: Path, features: Path, openings: Sequence[str], style: Style) -> list[str]:
    """One poem for each of `openings` by the net in the run folder `run`.

    features: the folder of the poems' features. Raises LabError, see `Poet`.
    """
    return Poet.load(run, features).compose(openings, style)


def answer(run: Path, features: Path) -> Callable[[Sequence[str]], list[dict[str, Any]]]:
    """How the net in the folder `run` goes on from openings: a row each with its `poem`.

    An opening gets the same poem every time. features: the folder of the poems' features. Raises
    LabError, see `Poet`.
    """
    poet = Poet.load(run, features)
    # One by one: a poem depends on its place among the openings, and here it should not.
    return lambda openings: [{"poem": poet.compose([each], Style())[0]} for each in openings]


class Poet:
    """A net and its vocabulary."""

    def __init__(self, net: LanguageModel | CoursePoet, known: Vocabulary) -> None:
        self.net, self.known = net.eval(), known
        self.kinds = [_kind(word) for word in known.words]
        self.masks: dict[tuple[str, ...], torch.Tensor] = {}

    @classmethod
    def load(cls, run: Path, features: Path) -> "Poet":
        """Raises LabError if run or features are missing, or don't belong together."""
        torch.set_num_threads(1)  # a step's products are so small that threads only wait
        facts, path = runs.read_run(run), features / WORDS
        known = Vocabulary.read(path)
        runs.check_data(run, facts, path)
        net = untrained(facts, len(known))
        runs.read_weights(run, net)
        return cls(net, known)

    @torch.inference_mode()
    def compose(self, openings: Sequence[str], style: Style) -> list[str]:
        """One poem for each of `openings`, all written side by side.

        A poem follows from the net, the style, its opening and its place among `openings`.
        Raises LabError, one sentence that says why, for an opening that can't be used.
        """
        if not openings:
            return []
        drafts = [Draft(self.opening(each, style), style) for each in openings]
        dice = [
            torch.Generator().manual_seed(derive("compose", style.seed, place, opening))
            for place, opening in enumerate(openings)
        ]
        poems: list[list[int]] = [[] for _ in openings]
        last, state = [START_ID] * len(openings), None
        while not all(draft.done for draft in drafts):
            states, state = self.net.states(torch.tensor([last]), state)
            scores = self.net.log_probabilities(states[0])
            for row, draft in enumerate(drafts):
                if draft.done:
                    continue
                symbol = draft.given()
                if symbol is None:
                    allowed = scores[row].masked_fill(self._others(draft.allowed()), -torch.inf)
                    symbol = sample(allowed, style, dice[row])
                draft.take(self.kinds[symbol])
                last[row] = symbol
                poems[row].append(symbol)
        return [decode(poem, self.known) for poem in poems]

    def opening(self, text: str, style: Style) -> list[int]:
        """The ids of the characters `text`, traditional ones made simplified.

        Where the lines' lengths are set, so are their stops, and those in `text` are left out.
        Raises LabError if there are no characters, one is not Chinese, or the net has never
        seen it.
        """
        plain = simplify(text.strip())
        if style.acrostic or style.form != "free":
            plain = re.sub(f"[{PUNCTUATION}]", "", plain)
        if not plain:
            raise LabError("the opening is empty; give one Chinese character or more, such as 日.")
        strange = re.sub(f"[{HANZI}{PUNCTUATION}]", "", plain)
        if strange:
            raise LabError(
                f"{strange[0]!r} in the opening {text!r} is no Chinese character; leave it out."
            )
        unseen = dict.fromkeys(each for each in plain if each not in self.known.ids)
        if unseen:
            common = [each for each in self.known.words if _kind(each) == "hanzi"]
            raise LabError(
                f"the net has never seen {'、'.join(unseen)}, which is in no training poem, or in "
                f"too few; open with a commoner character, such as {'、'.join(common[:5])}."
            )
        return self.known.encode(plain)

    def _others(self, allowed: tuple[str, ...]) -> torch.Tensor:
        """(symbols,) bool: the symbols of no kind in `allowed`."""
        if allowed not in self.masks:
            self.masks[allowed] = torch.tensor([kind not in allowed for kind in self.kinds])
        return self.masks[allowed]


def untrained(run: runs.Run, symbols: int) -> LanguageModel | CoursePoet:
    """The net that a run trained: one of ours, or the published one."""
    if run.net not in CELLS:
        return CoursePoet(symbols, ArmTraining.model_validate(run.settings).relu)
    training = Training.model_validate(run.settings)
    sizes = training.embedding, training.hidden, training.layers
    return LanguageModel(run.net, symbols, *sizes, clusters=training.clusters)


class Draft:
    """How far a poem is, and what may come next: kinds of symbols, or one that is given."""

    def __init__(self, opening: list[int], style: Style) -> None:
        """Raises LabError if the form has no room for the opening."""
        self.waiting = list(opening)
        self.acrostic = style.acrostic
        self.width = WIDTHS.get(style.form)
        self.free = not (self.acrostic or self.width)
        self.lines = len(opening) if self.acrostic else style.lines
        self.line = self.column = self.length = 0
        self.most = style.most
        self.done = False
        if not self.acrostic and self.width and len(opening) > self.width * self.lines:
            raise LabError(
                f"the opening has {len(opening)} characters, but {self.lines} lines of "
                f"{self.width} have room for {self.width * self.lines}; ask for more lines."
            )

    def given(self) -> int | None:
        """The next symbol, if the opening says it."""
        due = self.free or (self.column == 0 if self.acrostic else self.column != self.width)
        return self.waiting.pop(0) if self.waiting and due else None

    def allowed(self) -> tuple[str, ...]:
        """The kinds of symbols that the net may choose from."""
        if self.free:
            return "hanzi", "pause", "closing", "end"
        if self.line == self.lines:
            return ("end",)
        if self.column < (self.width or SHORTEST):
            return ("hanzi",)
        first_of_two = self.line % 2 == 0 and self.line + 1 < self.lines
        stop = "pause" if first_of_two else "closing"
        return (stop,) if self.width or self.column == LONGEST else ("hanzi", stop)

    def take(self, kind: str) -> None:
        """Go on after a symbol of `kind`."""
        self.length += 1
        if kind == "hanzi":
            self.column += 1
        elif kind in ("pause", "closing"):
            if self.acrostic:
                self.width = self.column
            self.line, self.column = self.line + 1, 0
        self.done = kind == "end" or (self.free and self.length >= self.most)


def sample(scores: torch.Tensor, style: Style, dice: torch.Generator) -> int:
    """The id of a symbol drawn, as `style` says, by the log-probabilities `scores` (symbols,).

    top_p is nucleus sampling (Holtzman et al. 2020, "The curious case of neural text
    degeneration").
    """
    if style.temperature == 0:
        return int(scores.argmax())
    shares, ids = torch.softmax(scores.double() / style.temperature, 0).sort(descending=True)
    if style.top_k is not None:
        shares[style.top_k :] = 0
    if style.top_p is not None:
        before = shares.cumsum(0) - shares
        shares[before >= style.top_p * shares.sum()] = 0
    return int(ids[torch.multinomial(shares, 1, generator=dice)])


def _kind(word: str) -> str:
    if word == END:
        return "end"
    if word in PUNCTUATION:
        return "closing" if word in CLOSINGS else "pause"
    return "hanzi" if re.fullmatch(f"[{HANZI}]", word) else "never"
