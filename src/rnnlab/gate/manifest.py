"""reports/data.md5: the md5 of every file that DVC keeps, for `md5sum --check`.

dvc.lock has one digest a folder, which can't be told right or wrong without the folder's files. By
this list it can, on a clone that has none of them.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from rnnlab.errors import LabError
from rnnlab.files import write_text
from rnnlab.gate.finding import DRIFTS, HOLDS, Finding
from rnnlab.pipeline import dvc
from rnnlab.pipeline.dvc import Digest

LINE = re.compile(r"([0-9a-f]{32})  (\S.*)")
EXPECT = "run `make expect` where the data is"


def write(path: Path, root: Path) -> bool:
    """Write the list of what lies in the project at `root`; False, and nothing is written, if some
    of it does not lie there."""
    with dvc.unbelieving(root) as repo:
        kept = [out for stage in repo.index.stages for out in stage.outs if out.use_cache]
        if not all(Path(out.fs_path).exists() for out in kept):
            return False
        files = {file: md5 for out in kept for file, md5 in dvc.files(out).items()}
    write_text(path, "".join(f"{files[file]}  {file}\n" for file in sorted(files)))
    return True


def read(path: Path) -> dict[str, str]:
    """File → md5. Raises LabError, naming the line, if the list is missing or broken."""
    if not path.is_file():
        raise LabError(f"{path} is missing; {EXPECT}.")
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        match = LINE.fullmatch(line)
        if not match or match[2] in found:
            raise LabError(f"{path}, line {number} is no md5 of another file; {EXPECT}.")
        found[match[2]] = match[1]
    return found


def check(listed: Mapping[str, str], locked: Mapping[str, Digest]) -> Iterator[Finding]:
    """Whether the digests in dvc.lock are those of the files on the list, and no file too many.

    locked: of all that stages write or read, by path; code and settings among it are passed over.
    """
    count = 0
    unseen = set(listed)
    for path, digest in locked.items():
        inside = {
            file.removeprefix(f"{path}/"): file for file in listed if file.startswith(f"{path}/")
        }
        if not inside and path not in listed:
            continue
        count += 1
        right = dvc.folder_digest({short: listed[file] for short, file in inside.items()})
        right = listed.get(path, right)
        unseen -= {path, *inside.values()}
        if digest.md5 != right or (digest.files or 1) != max(len(inside), 1):
            what = f"data.md5, {path}"
            yield Finding(DRIFTS, what, right[:8], f"{digest.md5[:8]} in dvc.lock", EXPECT)
    for file in sorted(unseen):
        yield Finding(DRIFTS, f"data.md5, {file}", "nothing in dvc.lock has it", "", EXPECT)
    yield Finding(
        HOLDS, "data.md5, digests in dvc.lock follow from the files'", f"{count} looked at"
    )
