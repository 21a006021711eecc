"""The image and the devcontainer name what is there; the image is built by hand, not here."""

import json
import re
from pathlib import Path

from places import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
DEVCONTAINER = ROOT / ".devcontainer/devcontainer.json"


def lines(path: Path) -> set[str]:
    found = path.read_text(encoding="utf-8").splitlines()
    return {line for line in found if line and not line.startswith("#")}


def test_the_image_is_made_by_targets_of_the_makefile():
    commands = [line for line in DOCKERFILE.splitlines() if not line.startswith("#")]
    called = re.findall(r'\bmake[ ",]+([a-z]+)', "\n".join(commands))
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert called == ["setup", "demo"]
    assert set(called) < set(targets)


def test_what_git_ignores_stays_outside_the_image():
    ignored = lines(ROOT / ".gitignore") | {
        f"/.dvc{each}" for each in lines(ROOT / ".dvc/.gitignore")
    }
    wanted = {("" if "/" in each[:-1] else "**/") + each.strip("/") for each in ignored}
    assert wanted <= lines(ROOT / ".dockerignore")


def test_the_devcontainer_is_this_image():
    devcontainer = json.loads(DEVCONTAINER.read_text(encoding="utf-8"))
    build = devcontainer["build"]
    assert (DEVCONTAINER.parent / build["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert (DEVCONTAINER.parent / build["context"]).resolve() == ROOT
    assert set(build["args"]) <= set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.M))
    place = devcontainer["workspaceFolder"]
    assert [place] == re.findall(r"^WORKDIR (.+)", DOCKERFILE, re.M)
    assert f"target={place}," in devcontainer["workspaceMount"]
    assert f"target={place}/.venv," in devcontainer["mounts"][0]
    assert [devcontainer["remoteUser"]] == re.findall(r"^USER (.+)", DOCKERFILE, re.M)
