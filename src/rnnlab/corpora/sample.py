"""Corpora made up on the spot, in exactly the raw formats of the real ones, for the demo and tests.

The same seed gives the same bytes on every machine. So only `random.Random.random` is drawn from
(Python promises its sequence), archives are stored, not compressed (what a compressor gives out
depends on the library's version), and their headers carry a fixed date and owner.
"""

import io
import json
import re
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from rnnlab.corpora.download import Provenance, contents_of, settled
from rnnlab.corpora.sources import DATASETS
from rnnlab.files import replacing

_T = TypeVar("_T")

REVIEWS = {"train": 500, "test": 250}
"""Reviews of each label."""
POEMS = 800
_UNLABELLED = 20
_POEMS_PER_FILE = 500
_OTHER_WORDS = 3000
_DATE = (2020, 1, 1, 0, 0, 0)


def generate(folder: Path, seed: int) -> Provenance:
    """Write all five corpora to `<folder>/<dataset>/<file>`; return their provenance.

    1,500 reviews of 20 to 120 words, about 2,000 surnames of 18 languages, 800 poems, and vectors
    of 100 and 300 dimensions for the reviews' words and 3,000 others. Words that tell the sentiment
    lie along one direction of the vectors, as in real ones.
    """
    reviews = _review_files(Random(f"{seed}-imdb"))
    words = _vocabulary(content.decode() for name, content in reviews.items() if ".txt" in name)
    poems = _poem_files(Random(f"{seed}-tangshi"))
    files = {
        "imdb": ("aclImdb_v1.tar.gz", _tar_gz("aclImdb", reviews)),
        "names": ("names.zip", _zip(_name_files(Random(f"{seed}-names")))),
        "tangshi": ("tang-poems.tar.gz", _tar_gz("chinese-poetry", poems)),
    }
    for dimension in (100, 300):
        name = f"glove.6B.{dimension}d"
        vectors = _vectors(words, dimension, Random(f"{seed}-{name}"))
        files[name] = (f"{name}.txt.gz", _gzip(vectors))
    return {
        name: _put(folder / name / file, content, seed) for name, (file, content) in files.items()
    }


def _put(target: Path, content: bytes, seed: int) -> dict[str, Any]:
    with replacing(target) as part:
        part.write_bytes(content)
    contents = contents_of(DATASETS[target.parent.name], target)
    origin = f"rnnlab.corpora.sample, seed {seed}"
    notes = "Made up by the project for the demo and the tests; not real data."
    return settled(target, contents, "generated", origin, notes)


# --- chance ---


def _one(rng: Random, choices: Sequence[_T]) -> _T:
    return choices[int(rng.random() * len(choices))]


def _between(rng: Random, low: int, high: int) -> int:
    """Draw an integer from `low` to `high`, both included."""
    return low + int(rng.random() * (high - low + 1))


# --- archives with fixed bytes ---


def _gzip(content: bytes) -> bytes:
    """Pack as gzip (RFC 1952) of stored blocks (RFC 1951, 3.2.4), the same bytes everywhere."""
    out = io.BytesIO()
    out.write(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")  # no name, no time, unknown system
    size = 0xFFFF
    for start in range(0, max(len(content), 1), size):
        block = content[start : start + size]
        last = start + size >= len(content)
        out.write(struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block)
    out.write(struct.pack("<II", zlib.crc32(content), len(content) & 0xFFFFFFFF))
    return out.getvalue()


def _tar_gz(root: str, files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8") as tar:
        for name in sorted(files):
            info = tarfile.TarInfo(f"{root}/{name}")  # mode 644, owner 0, time 0
            info.size = len(files[name])
            tar.addfile(info, io.BytesIO(files[name]))
    return _gzip(out.getvalue())


def _zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _DATE)
            info.create_system = 3  # Unix, wherever this runs
            archive.writestr(info, files[name])
    return out.getvalue()


# --- reviews ---

_LISTS = {
    "positive": """wonderful brilliant superb excellent marvelous delightful moving gripping
charming masterful stunning beautiful hilarious captivating touching memorable magnificent fantastic
thrilling terrific perfect outstanding enchanting splendid remarkable inspiring heartwarming
riveting dazzling exquisite clever witty amazing lovely great fascinating unforgettable powerful
refreshing rewarding""",
    "negative": """awful terrible dreadful boring horrible tedious pointless ridiculous laughable
pathetic annoying dull lifeless predictable clumsy painful atrocious disappointing unwatchable
miserable worthless stupid ugly incoherent embarrassing insulting forgettable shallow lame bland
sloppy tiresome appalling abysmal hideous irritating messy bad unbearable idiotic""",
    "good": """nice solid decent pleasant warm fresh lively elegant subtle sincere graceful crisp
vivid tender honest sharp""",
    "bad": """weak slow flat cheap stiff noisy confusing thin muddled stale forced cold uneven
wooden hollow clichéd""",
    "neutral": """old young quiet long short dark bright small large strange distant rural urban
modern ancient silent foreign local lonely busy narrow wide empty crowded snowy rainy dusty golden
grey blue red green wealthy poor retired famous unknown secret nervous careful""",
    "aspect": """acting plot script dialogue camera music score ending pacing lighting editing
direction casting photography humor story narration scenery soundtrack opening premise climax
character choreography animation""",
    "film": "film movie picture feature drama production",
    "genre": """thriller comedy western romance musical documentary mystery fantasy cartoon satire
biography adventure noir melodrama remake sequel""",
    "job": """teacher sailor detective farmer doctor soldier painter lawyer singer thief priest
nurse baker pilot writer carpenter spy tailor banker dancer miner professor shepherd waiter
journalist gardener boxer judge widow student captain butler chemist driver""",
    "place": """village harbor city castle desert island forest valley hospital school factory
theater prison farm palace hotel station monastery market bridge museum garden mountain river lake
tower cottage suburb border colony""",
    "object": """letter diamond map diary painting key photograph watch sword suitcase violin ring
crown telescope manuscript lantern mirror statue coin knife hat piano bicycle boat necklace passport
camera locket compass book""",
    "deed": """finds steals loses hides sells buys destroys inherits repairs discovers carries burns
buries returns borrows guards""",
    "meeting": """meets follows helps betrays forgets remembers marries fights rescues questions
visits avoids teaches watches trusts leaves""",
    "time": """winter summer autumn spring war harvest carnival siege strike festival election
drought flood feast holiday revolution""",
    "mild": "quite rather mostly fairly",
    "strong": "absolutely utterly truly completely",
    "number": "two three four five six seven eight nine ten twelve twenty thirty",
    "first": """Anna Peter Clara Victor Helen Oscar Marta Simon Julia Hugo Nora Felix Alice Bruno
Irene Leon Sofia Walter Emma Conrad Lydia Martin Vera Edgar Rosa Philip Greta Daniel Ida Arthur""",
    "last": """Albrook Tennart Morwell Castine Dunhaven Varley Quillon Hartsen Ellmore Brandish
Kestrin Oldroy Penwick Sorrell Thackly Winslet Yarrow Zellman Farnley Gadsby Holbeck Ivers Jessop
Kirwan Lowden Mercott Nesbit Ormond Pryce Radley""",
}
_WORDS = {kind: words.split() for kind, words in _LISTS.items()}

_SETTING = (
    "The story follows {job:a} from {neutral:a} {place} who {deed} {object:a} and {meeting} {who}.",
    "{who} plays {neutral:a} {job} who {meeting} {job:a} in {neutral:a} {place}.",
    "It begins in {neutral:a} {place} during the {time}, where {job:a} {deed} {object:a}.",
    "This {genre} was made by {who} in {number} weeks.",
    "I watched this {genre} with {number} friends during the {time}.",
    "For {number} minutes {job:a} and {job:a} talk about {object:a}.",
    "{who} wrote the script, and {who} did the {aspect}.",
    "Then {job:a} {deed} the {object}, and everyone goes back to the {place}.",
    "The {genre} is set in {neutral:a} {place} during the {time}.",
    "My {neutral} neighbor, {job:a}, owns {object:a} just like the one in the {film}.",
)
_POINTS = (
    "The {aspect} is {point} and the {aspect} is {point}.",
    "{who} is {point} as the {job}.",
    "Some of the {aspect} seemed {point} to me.",
    "There is {point:a} scene in the {place}, with {object:a} and {job:a}.",
    "I found the {aspect} rather {point}, but the {aspect} was {neutral}.",
)
_PLAIN_VERDICTS = (
    "All in all, this is {verdict:a} {film}.",
    "In the end I thought it was {verdict}, simply {verdict}.",
    "What {verdict:a} and {verdict} {film} this is!",
    "To me the whole {film} is {adverb} {verdict}.",
    "It's {adverb} {verdict}, and {who} is {verdict}.",
)
_NEGATED_VERDICTS = (
    "All in all, this isn't {verdict:a} {film}.",
    "In the end I didn't think it was {verdict} at all.",
    "Nobody can say that this {film} is {verdict}.",
    "It is not {verdict}, and it was never {verdict}, whatever the critics wrote.",
)


def _review_files(rng: Random) -> dict[str, bytes]:
    files = {"README": b"Generated reviews in the layout of the Large Movie Review Dataset.\n"}
    for split, count in REVIEWS.items():
        for label in ("neg", "pos"):
            for number in range(count):
                strong = rng.random() < 0.5
                rating = {"neg": (3, 1), "pos": (7, 9)}[label][strong] + _between(rng, 0, 1)
                text = _review(rng, label == "pos", strong)
                files[f"{split}/{label}/{number}_{rating}.txt"] = text.encode()
    for number in range(_UNLABELLED):
        text = _review(rng, rng.random() < 0.5, strong=False)
        files[f"train/unsup/{number}_0.txt"] = text.encode()
    return files


def _review(rng: Random, positive: bool, strong: bool) -> str:
    """Write a review: setting and points of either kind, and a verdict somewhere, early or late.

    The points lean towards the verdict only a little: who wants to be right must find the verdict
    and notice whether it is negated.
    """
    sentences = [_verdict(rng, positive, strong)]
    length = _between(rng, 20, 110)
    while len(" ".join(sentences).split()) < length:
        point = "good" if positive == (rng.random() < 0.7) else "bad"
        template = _one(rng, _POINTS if rng.random() < 0.35 else _SETTING)
        sentences.append(_fill(rng, template, {"point": point}))
    while len(" ".join(sentences).split()) > 120:
        sentences.pop()
    sentences.insert(_between(rng, 0, len(sentences) - 1), sentences.pop(0))
    text = sentences[0]
    for sentence in sentences[1:]:
        text += ("<br /><br />" if rng.random() < 0.1 else " ") + sentence
    return text


def _verdict(rng: Random, positive: bool, strong: bool) -> str:
    negated = rng.random() < 0.15
    template = _one(rng, _NEGATED_VERDICTS if negated else _PLAIN_VERDICTS)
    verdict = "positive" if positive != negated else "negative"
    return _fill(rng, template, {"verdict": verdict, "adverb": "strong" if strong else "mild"})


def _fill(rng: Random, template: str, kinds: Mapping[str, str]) -> str:
    """Fill a template's fields, each with a word of its name's kind, or of the one that `kinds`
    says; `{field:a}` takes the article a or an before it."""

    def word(match: re.Match[str]) -> str:
        if match[1] == "who":
            return f"{_one(rng, _WORDS['first'])} {_one(rng, _WORDS['last'])}"
        chosen = _one(rng, _WORDS[kinds.get(match[1], match[1])])
        if not match[2]:
            return chosen
        return f"an {chosen}" if chosen[0] in "aeiou" else f"a {chosen}"

    return re.sub(r"\{(\w+)(:a)?\}", word, template)


# --- vectors ---


def _vocabulary(texts: Iterable[str]) -> list[str]:
    """List the words of the texts as a tokenizer would see them, the frequent first.

    Family names are left out, so that there are words without a vector, as with real reviews.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        plain = text.lower().replace("<br />", " ")
        counts.update(re.findall(r"n't|'s|\w+(?=n't)|\w+|[^\w\s]", plain))
    for name in _WORDS["last"]:
        del counts[name.lower()]
    return sorted(counts, key=lambda word: (-counts[word], word))


def _vectors(words: Sequence[str], dimension: int, rng: Random) -> bytes:
    """Write a GloVe text file: noise for every word, and a common direction for sentiment."""
    direction = [_noise(rng) for _ in range(dimension)]
    tones = {"positive": 0.6, "negative": -0.6, "good": 0.3, "bad": -0.3}
    polarity = {word: tone for kind, tone in tones.items() for word in _WORDS[kind]}
    lines = []
    for word in [*words, *_other_words(rng, set(words))]:
        tone = polarity.get(word, 0.0)
        numbers = " ".join(f"{0.4 * _noise(rng) + tone * axis:.5f}" for axis in direction)
        lines.append(f"{word} {numbers}\n")
    return "".join(lines).encode()


def _noise(rng: Random) -> float:
    """Draw a number of mean 0 and standard deviation 1, nearly normal, by additions alone.

    Unlike logarithms and cosines, additions give the same bits on every machine.
    """
    return (rng.random() + rng.random() + rng.random() - 1.5) * 2.0


def _other_words(rng: Random, taken: set[str]) -> list[str]:
    others: dict[str, None] = {}
    while len(others) < _OTHER_WORDS:
        syllables = range(_between(rng, 2, 4))
        word = "".join(_one(rng, "bdfgklmnprstvz") + _one(rng, "aeiou") for _ in syllables)
        if word not in taken:
            others[word] = None
    return list(others)


# --- surnames ---

# Language: how many, and the beginnings, middles and ends that its surnames are put together from.
_SYLLABLES = {
    "Arabic": (200, "Ab As Ba Ha Ka Ma Na Sa Sha Kha", "b d k m r s", "ad al an ar our im"),
    "Chinese": (80, "Ch Zh X Q Sh L W H Y T", "", "ang ao en iu ou ui ian eng ong"),
    "Czech": (100, "Svo No Dvo Ko Hla Po Kre Vo Bla", "b v r l j", "oda ak ek icka áček ný ský"),
    "Dutch": (80, "Van Ro Ke Haa Vee Bo Da Klui", "n r s l t", "sen ven ker huis maat ink"),
    "English": (350, "Har Wal Tho Ash Brad Nor Hol", "ting wick ber le", "ton ley ford er worth"),
    "French": (90, "Beau Du Mar La Che Gé Fou Bé", "r n v l ch", "ault eau ier elle ot ette ès"),
    "German": (160, "Schu Ho Ba Kr Wei Mü Lö Stei", "b ch f r g", "mann er ler hardt inger rich"),
    "Greek": (80, "Pa Ko Ana Geo Ni Di The Sta Ma", "r l n d t", "opoulos akis idis os atos"),
    "Irish": (80, "O'Con O'Do Mag Fla Ke Do O'Bri", "n r l", "nell aghan ney nagh ran án"),
    "Italian": (160, "Ros Bian Fer Ri Co Gal Bel", "s t l n r", "ini elli etti one acci ucci ò"),
    "Japanese": (200, "Ta Ya Ka Na Mi Sa Fu Ko Hi", "ka ma na ra shi", "moto mura yama da ki ta"),
    "Korean": (40, "Ch K P H S Y L", "", "ang oo im ark eon oung"),
    "Polish": (70, "Kow Now Wi Zie Dą Gó Ła Wró", "l r b k c", "ski ewski czyk ak owicz ński"),
    "Portuguese": (50, "Fer Go Al Sil Cou Ro Tei", "r n d l", "eira ão es inho gas ças"),
    "Russian": (450, "Iv Pet Zha Shev Tur Gol Bel Vor", "an r ch in ol", "ov ev sky in enko uk"),
    "Scottish": (60, "Mac Mc Camp Fra Dun Gra Ross", "don leo al kin", "ald od art ay ell"),
    "Spanish": (80, "Gar Fer Lo Mar Sán Her Gó Nú", "n r d c m", "ez era ado illo ola ñez"),
    "Vietnamese": (40, "Ng Tr Ph V D L H", "", "an uong am inh o uyen ieu"),
}
# Names that more than one language has, as "Abel" and "Han" do in the real data.
_SHARED = {
    "Lang": ("Chinese", "German"),
    "Han": ("Chinese", "Korean", "Dutch"),
    "Chang": ("Chinese", "Korean"),
    "Abel": ("English", "German", "French", "Spanish"),
    "Martin": ("English", "French", "Scottish", "Irish"),
    "Adam": ("English", "Irish", "Czech"),
    "Costa": ("Italian", "Portuguese", "Spanish"),
    "Lim": ("Korean", "Chinese", "Vietnamese"),
}


def _name_files(rng: Random) -> dict[str, bytes]:
    files = {}
    for language, (count, beginnings, middles, ends) in _SYLLABLES.items():
        names = [name for name, languages in _SHARED.items() if language in languages]
        while len(names) < count:
            middle = _one(rng, middles.split()) if middles and rng.random() < 0.7 else ""
            names.append(_one(rng, beginnings.split()) + middle + _one(rng, ends.split()))
        files[f"data/names/{language}.txt"] = ("\n".join(sorted(names)) + "\n").encode()
    return files


# --- poems ---

_OPENINGS = "日紅山夜湖海月"
_AUTHORS = ("林遠山", "石清泉", "柳如煙", "江臨月", "白雲客", "松間翁", "竹西子", "無名氏")
_TITLE_ENDS = ("有感", "即事", "懷友", "夜坐", "送別", "望月", "二首 一")
_CHARACTERS = {
    "N": "山水風雲月花春秋江海湖河樹木草葉鳥雁馬魚龍鶴猿蟬天地日星露霜雪雨煙霞光影石泉溪谷林村城門"
    "樓臺亭舟車路橋寺鐘琴書劍酒茶燈窗簾床衣袖手心夢魂客人僧翁君友兒女家國關塞沙漠波潮灘岸浦洲"
    "柳松竹梅菊蓮桃李桐蘭歌笛聲色香塵世年歲時朝夕夜晨暮",
    "V": "望看聽聞見照映入出上下來去歸行過渡登臨坐臥立眠醒醉飲吟歌笑泣憶思念愁恨問答尋逢別送迎落開"
    "飛流吹生滿隔伴掩捲垂浮沉轉停動",
    "A": "白青紅綠黃碧翠紫金玉寒冷暖清明暗幽靜空孤獨高深遠近長短細輕重新舊古殘斜疏香老少閒忙"
    "微平荒晚早",
    "Q": "一二三千萬百雙幾",
    "L": "前後中外邊頭裏東西南北間",
    "D": "不又還已初欲自相更獨皆猶",
}
# One letter for each character of a line: noun, verb, adjective, numeral, place, adverb.
_PATTERNS = {
    5: ("ANVAN", "NLNVA", "QNVNL", "ANDVN", "NVANL"),
    7: ("ANNLVAN", "NLANDVN", "QNANVNL", "ANDVANL", "NNVNAVN"),
}


def _poem_files(rng: Random) -> dict[str, bytes]:
    poems: list[dict[str, object]] = []
    while len(poems) < POEMS:
        again = poems and rng.random() < 0.02  # the real collection has poems twice, too
        poem = dict(_one(rng, poems)) if again else _poem(rng)
        poems.append(poem | {"id": _uuid(rng)})
    files = {"LICENSE": b"Generated poems in the layout of the chinese-poetry project.\n"}
    for part, start in enumerate(range(0, POEMS, _POEMS_PER_FILE)):
        records = poems[start : start + _POEMS_PER_FILE]
        text = json.dumps(records, ensure_ascii=False, indent=4)
        files[f"全唐诗/poet.tang.{part * 1000}.json"] = text.encode()
    return files


def _poem(rng: Random) -> dict[str, object]:
    length = _one(rng, (5, 7))
    lines = [_line(rng, length) for _ in range(_one(rng, (4, 8)))]
    lines[0] = _one(rng, _OPENINGS) + lines[0][1:]
    pairs = zip(lines[::2], lines[1::2], strict=True)
    couplets = [f"{first}，{second}。" for first, second in pairs]
    spot = _between(rng, 0, len(couplets) - 1)
    if rng.random() < 0.04:  # another reading, in brackets, as editors note it
        note = f"（一作「{_line(rng, 2)}」）"
        couplets[spot] = couplets[spot].replace("，", f"{note}，")
    elif rng.random() < 0.03:  # a character that is lost
        gap = _between(rng, 0, length - 1)
        couplets[spot] = couplets[spot][:gap] + "□" + couplets[spot][gap + 1 :]
    author = _one(rng, _AUTHORS)
    title = _line(rng, 2) + _one(rng, _TITLE_ENDS)
    return {"author": author, "paragraphs": couplets, "title": title}


def _line(rng: Random, length: int) -> str:
    pattern = "AN" if length == 2 else _one(rng, _PATTERNS[length])
    return "".join(_one(rng, _CHARACTERS[kind]) for kind in pattern)


def _uuid(rng: Random) -> str:
    digits = "".join(_one(rng, "0123456789abcdef") for _ in range(32))
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
