"""Which versions of packages are installed, and whether they are those of the lock.

Results depend on them as they do on the machine: another PyTorch may take sums in another order.
"""

from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from rnnlab.code import PACKAGE, SOURCE
from rnnlab.errors import LabError

LOCKS = SOURCE.parent / "requirements.txt", SOURCE.parent / "requirements-cpu.txt"
"""Of PyTorch, CUDA's build has the same version as that for CPUs, and libraries beside it."""
Versions = dict[str, str]
"""By name as registries write it, in small letters."""


def used() -> Versions:
    """The installed versions of the packages that the project itself asks for."""
    needs = map(Requirement, metadata.requires(PACKAGE) or [])
    names = [canonicalize_name(each.name) for each in needs if each.marker is None]
    return {name: version for name in sorted(names) if (version := installed(name))}


def installed(name: str) -> str:
    """Its version, that of a local build (`+cpu`) as the public one; "" if it is not there."""
    try:
        return str(Version(metadata.version(name)).public)
    except metadata.PackageNotFoundError:
        return ""


def locked(locks: Sequence[Path] = LOCKS) -> Versions:
    """What the `locks` pin. Raises LabError if one is missing, or a line of it pins nothing."""
    found = {}
    for lock in locks:
        for line in _lines(lock):
            try:
                needed = Requirement(line)
                (pin,) = needed.specifier
            except (InvalidRequirement, ValueError):
                raise LabError(f"{lock}: {line!r} pins no version; run `make lock`.") from None
            if needed.marker is None or needed.marker.evaluate():
                found[canonicalize_name(needed.name)] = Version(pin.version).public
    return found


def _lines(lock: Path) -> Iterator[str]:
    """Those that name a package, without hashes and comments."""
    try:
        text = lock.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LabError(f"{lock} is missing; run this in a checkout of the project.") from None
    for line in text.replace("\\\n", "").splitlines():
        if named := line.partition("#")[0].partition("--hash")[0].strip():
            yield named


def unlike(versions: Versions, locks: Sequence[Path] = LOCKS) -> list[str]:
    """Which of `versions` are not those of the `locks`, each in words."""
    pins = locked(locks)
    return [
        f"{name} {version or 'is not installed'} (locked: {pins[name]})"
        for name, version in versions.items()
        if name in pins and version != pins[name]
    ]


def drift(locks: Sequence[Path] = LOCKS) -> list[str]:
    """Which packages of the `locks` are not installed here in that version, each in words."""
    return unlike({name: installed(name) for name in locked(locks)}, locks)
