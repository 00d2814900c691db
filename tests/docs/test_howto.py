"""The how-tos are true: their commands run as they stand, without a network, and their addresses answer."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.launch import TARGETS
from tests.api.http.servers import serving
from tests.api.measure.files import vllm
from tests.e2e.command import environment

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = [path for path in sorted(HOWTO.glob("*.md")) if BLOCK.search(path.read_text())]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_the_commands_of_a_page_run_as_they_stand(page: Path, tmp_path: Path) -> None:
    (tmp_path / "bench.json").write_text(vllm())
    script = "".join(BLOCK.findall(page.read_text()))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = environment(GPUMIX_OFFLINE="1", XDG_DATA_HOME=str(tmp_path / "data"), PATH=path)
    done = subprocess.run(
        ["bash", "-eu", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr


def test_the_addresses_of_the_platform_page_answer() -> None:
    text = (HOWTO / "platform-team.md").read_text()
    addresses = re.findall(r"http://127\.0\.0\.1:8000(/[^\s']*)", text)
    with serving() as server, server.client() as client:
        answers = {address: client.get(address).status_code for address in addresses}
    assert len(addresses) >= 8
    assert dict.fromkeys(addresses, 200) == answers


def test_every_target_of_an_export_is_described() -> None:
    launch = (HOWTO.parent / "launch.md").read_text()
    assert [target for target in TARGETS if f"`{target}`" not in launch] == []


@pytest.mark.parametrize("page", sorted((HOWTO.parent).rglob("*.md")), ids=lambda path: path.stem)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []
