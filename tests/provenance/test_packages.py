"""Installed packages beside those of the lock."""

from importlib import metadata

import pytest

from rnnlab import packages
from rnnlab.errors import LabError


def lock(folder, *lines):
    path = folder / "requirements.txt"
    path.write_text("\n".join(["# pinned", *lines]), encoding="utf-8")
    return [path]


def test_another_version_than_the_lock_s_is_named(tmp_path):
    numpy = metadata.version("numpy")
    path = lock(
        tmp_path,
        f"numpy=={numpy}",
        "Torch==0.1+cpu \\\n  --hash=sha256:12",
        "ruamel.yaml==0.2 # a reader",
    )
    (torch, yaml) = packages.drift(path)
    assert torch == f"torch {packages.installed('torch')} (locked: 0.1)"
    assert yaml.startswith("ruamel-yaml ")


def test_a_package_that_is_not_installed_is_named(tmp_path):
    path = lock(tmp_path, "no-such-package-at-all==1.0")
    assert packages.drift(path) == ["no-such-package-at-all is not installed (locked: 1.0)"]


def test_a_pin_for_another_system_is_passed_over(tmp_path):
    path = lock(tmp_path, 'no-such-package-at-all==1.0 ; sys_platform == "none"')
    assert packages.drift(path) == []


def test_a_line_that_pins_nothing_is_named(tmp_path):
    with pytest.raises(LabError, match=r"'numpy>=1,<3' pins no version"):
        packages.locked(lock(tmp_path, "numpy>=1,<3"))


def test_the_project_s_lock_pins_what_the_project_uses():
    pins = packages.locked()
    assert {"torch", "numpy", "dvc"} <= packages.used().keys() <= pins.keys()
