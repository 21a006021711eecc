"""Writes down what a stage reads and writes: loaded by every Python process whose path has it.

test_demo.py runs the demo under it and compares with what dvc.yaml declares. For each process of a
stage, $OBSERVED gets a JSON file: its arguments, the settings that it read (by their keys in
params.yaml), the modules of the package that it imported, the files that it opened and those that
it wrote. Files that a native library opens by itself (Parquet, safetensors) are not seen when
read; they are when written, since what is written is moved into place.
"""

# pathlib would resolve links, and be watched itself:
# ruff: noqa: PTH100, PTH118, PTH123

import atexit
import json
import os
import sys

SETTINGS: set[str] = set()
OPENED: set[str] = set()
WRITTEN: set[str] = set()
PLACES: dict[int, str] = {}
KEPT: list[object] = []  # so that no id is given twice
WHOLE = {"model_copy", "model_dump", "model_dump_json", "__dict__"}


class Watched(dict):  # type: ignore[type-arg]
    """A dict of the settings that tells which keys were asked for."""

    place = ""

    def __getitem__(self, key):
        self.read(key)
        return super().__getitem__(key)

    def get(self, key, default=None):
        self.read(key)
        return super().get(key, default)

    def __contains__(self, key):
        SETTINGS.add(f"{self.place}.{key}")
        return super().__contains__(key)

    def read(self, key):
        if id(super().get(key)) not in PLACES:
            SETTINGS.add(f"{self.place}.{key}")


def _whole(name):
    def method(self, *arguments):
        SETTINGS.add(self.place)
        return getattr(dict, name)(self, *arguments)

    return method


for _name in ("__iter__", "__len__", "keys", "values", "items", "__eq__", "copy"):
    setattr(Watched, _name, _whole(_name))


def below(place, name):
    return f"{place}.{name}" if place else name


def watch(content, place, section):
    """Remember where in params.yaml `content` and what is in it stand."""
    if isinstance(content, section):
        fields = object.__getattribute__(content, "__dict__")
        for name in fields:
            fields[name] = watch(fields[name], below(place, name), section)
    elif isinstance(content, dict):
        content = Watched(
            {key: watch(each, f"{place}.{key}", section) for key, each in content.items()}
        )
        content.place = place
    else:
        return content
    PLACES[id(content)] = place
    KEPT.append(content)
    return content


def watch_settings():
    from rnnlab.settings import base

    check = base.check

    def checked(model, content, path, *section):
        return watch(check(model, content, path, *section), ".".join(section), base.Section)

    def observed(self, name):
        value = object.__getattribute__(self, name)
        place = PLACES.get(id(self))
        if place is not None:
            if name in WHOLE:
                SETTINGS.add(place)
            elif name in type(self).model_fields and id(value) not in PLACES:
                SETTINGS.add(below(place, name))
        return value

    base.check = checked
    base.Section.__getattribute__ = observed


def watch_files(event, arguments):
    if event == "open" and isinstance(arguments[0], str | bytes):
        path, mode, flags = arguments
        writes = any(each in (mode or "") for each in "wax+") or flags & (os.O_WRONLY | os.O_RDWR)
        (WRITTEN if writes else OPENED).add(os.path.abspath(os.fsdecode(path)))
    elif event == "os.rename":
        WRITTEN.add(os.path.abspath(os.fsdecode(arguments[1])))


def modules():
    """The files of the package's modules that are loaded."""
    loaded = {name: module for name, module in sys.modules.items() if name.startswith("rnnlab")}
    return {os.path.realpath(module.__file__) for module in loaded.values() if module.__file__}


def report():
    content = {
        "stage": os.environ["DVC_STAGE"].rpartition(":")[2],
        "settings": sorted(SETTINGS),
        "modules": sorted(modules()),
        "opened": sorted(OPENED),
        "written": sorted(WRITTEN),
    }
    path = os.path.join(os.environ["OBSERVED"], f"{os.getpid()}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)


if os.environ.get("OBSERVED") and sys.orig_argv[1:2] and sys.orig_argv[1].startswith("stages/"):
    watch_settings()
    sys.addaudithook(watch_files)
    atexit.register(report)
