"""Facts on the corpora: official addresses, checksums, and what each archive must hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Dataset:
    """One corpus as its authors publish it.

    `sha256` and `bytes` are the official file's (None where its publisher may repack it); no
    source's file may have more than `most_bytes`. `words` is how many words a file of vectors has.
    `content_sha256` does not depend on packaging: `rnnlab.corpora.archives.content_digest` says how
    it is made from the files that `content_select` matches in full, after the first path component
    is dropped where `strip_root` is set. `member` is the text file to read when the official file
    is a zip of several.
    """

    name: str
    url: str
    about: str
    sha256: str | None = None
    bytes: int | None = None
    most_bytes: int = 2**28
    words: int | None = None
    member: str | None = None
    content_select: str | None = None
    strip_root: bool = False
    content_files: int | None = None
    content_sha256: str | None = None


_ALL = (
    Dataset(
        name="imdb",
        url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
        about="Large Movie Review Dataset v1.0 (Maas et al. 2011): 50,000 labelled reviews.",
        sha256="c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
        bytes=84_125_825,
        content_select=r"(train|test)/(pos|neg)/\d+_\d+\.txt",
        strip_root=True,
        content_files=50000,
        content_sha256="53401f63790d00988eaba68794083e8b1e613bdeb1396a7f8af4b16627000f69",
    ),
    Dataset(
        name="names",
        url="https://download.pytorch.org/tutorial/data.zip",
        about="Surnames of 18 languages, from PyTorch's character-RNN tutorial.",
        content_select=r"data/names/\w+\.txt",
        content_files=18,
        content_sha256="b4291f7421b06988992e600762ee641cbbf3459432aef6f46da12e519f5cea29",
    ),
    Dataset(
        name="tangshi",
        url="https://github.com/chinese-poetry/chinese-poetry/archive/"
        "99ebbef7e1345c0985c44b9fd96a3f9e776f117b.tar.gz",
        about="Complete Tang Poems from the chinese-poetry project (MIT licence), in traditional "
        "characters.",
        most_bytes=2**30,  # the official archive holds the project's other collections, too
        content_select=r"全唐诗/poet\.tang\.\d+\.json",
        strip_root=True,
        content_files=58,
        content_sha256="e53ce2794641d0012e297173de5ee3b0d4fec421cff5e73a3dcfab5f60926954",
    ),
    *(
        Dataset(
            name=f"glove.6B.{dimension}d",
            url="https://nlp.stanford.edu/data/glove.6B.zip",
            about=f"GloVe 6B word vectors, {dimension}-d, 400,000 words (Pennington, Socher and "
            "Manning 2014), PDDL 1.0.",
            sha256="617afb2fe6cbd085c235baf7a465b96f4112bd7f7ccb2b2cbd649fed9cbcf2fb",
            bytes=862_182_613,
            most_bytes=2**31,  # the vectors as plain text have 1.04 GB
            words=400_000,
            member=f"glove.6B.{dimension}d.txt",
        )
        for dimension in (100, 300)
    ),
)

DATASETS: Mapping[str, Dataset] = MappingProxyType({dataset.name: dataset for dataset in _ALL})
