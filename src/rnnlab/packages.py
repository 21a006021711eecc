"""Which versions of packages are installed, and whether they are those of the lock.

Results depend on them as they do on the machine: another PyTorch may take sums in another order.
"""

from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from rnnlab.code import PACKAGE, SOURCE
from rnnlab.errors import LabError

LOCK = SOURCE.parent / "requirements.txt"
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


def locked(lock: Path = LOCK) -> Versions:
    """What the `lock` pins. Raises LabError if it is missing, or a line of it pins nothing."""
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise LabError(f"{lock} is missing; run this in a checkout of the project.") from None
    found = {}
    for line in filter(None, (each.partition("#")[0].strip() for each in lines)):
        try:
            needed = Requirement(line)
            (pin,) = needed.specifier
        except (InvalidRequirement, ValueError):
            raise LabError(f"{lock}: {line!r} pins no version; run `make lock`.") from None
        if needed.marker is None or needed.marker.evaluate():
            found[canonicalize_name(needed.name)] = pin.version
    return found


def unlike(versions: Versions, lock: Path = LOCK) -> list[str]:
    """Which of `versions` are not those of the `lock`, each in words."""
    pins = locked(lock)
    return [
        f"{name} {version or 'is not installed'} (locked: {pins[name]})"
        for name, version in versions.items()
        if name in pins and version != pins[name]
    ]


def drift(lock: Path = LOCK) -> list[str]:
    """Which packages of the `lock` are not installed here in its version, each in words."""
    return unlike({name: installed(name) for name in locked(lock)}, lock)
