"""What `deploy/` says is so: files exist, settings are ours, commands are real."""

import configparser
import re
from pathlib import Path

import yaml
from typer.main import get_command

from api.cli import app
from api.http.settings import Settings, settings_from

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
INSTRUCTIONS = {
    "FROM",
    "WORKDIR",
    "COPY",
    "RUN",
    "USER",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "STOPSIGNAL",
    "ENTRYPOINT",
    "CMD",
}


def serve_options() -> set[str]:
    command = get_command(app).commands["serve"]  # type: ignore[attr-defined]  # the app is a group
    return {option for parameter in command.params for option in parameter.opts}


def test_the_dockerfile_has_known_instructions_only() -> None:
    lines = [line for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
    assert {line.split()[0] for line in lines} <= INSTRUCTIONS


def test_what_the_image_copies_is_there() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert copied
    assert [] == [name for line in copied for name in line.split() if not (ROOT / name).exists()]


def test_the_image_does_not_run_as_root_and_installs_by_hash() -> None:
    assert re.search(r"^USER (?!root)", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes" in DOCKERFILE


def test_the_commands_have_options_that_exist() -> None:
    unit = (DEPLOY / "gpumix.service").read_text()
    texts = [
        re.findall(r"^CMD (.+)$", DOCKERFILE, re.MULTILINE)[-1],
        *re.findall(r"^ExecStart=(.+)$", unit, re.MULTILINE),
    ]
    assert {option for text in texts for option in re.findall(r"--[a-z]+\b", text)} <= serve_options()


def test_the_settings_are_ours() -> None:
    texts = "".join(path.read_text() for path in DEPLOY.iterdir()) + (ROOT / "docs" / "api.md").read_text()
    source = "".join(path.read_text() for folder in ("api", "pricing") for path in (ROOT / folder).rglob("*.py"))
    assert [] == [name for name in set(re.findall(r"GPUMIX_[A-Z_]+", texts)) if name not in source]


def test_the_compose_file_holds_together() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    api = compose["services"]["api"]
    assert (DEPLOY / api["build"]["context"] / api["build"]["dockerfile"]).exists()
    assert set(api["depends_on"]) <= set(compose["services"])
    assert set(api["secrets"]) <= set(compose["secrets"])
    assert all(port.startswith("127.0.0.1:") for port in api["ports"])


def test_the_unit_ends_the_server_before_its_solvers() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # as configparser documents it
    unit.read_string((DEPLOY / "gpumix.service").read_text())
    assert "mixed" == unit["Service"]["KillMode"]
    assert unit["Service"]["ExecStart"].split()[1] == "serve"


def test_the_manual_gives_the_defaults() -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    default = Settings()
    for name, value in (
        ("GPUMIX_SOLVE_SECONDS", default.solve_seconds),
        ("GPUMIX_QUEUE", default.queue),
        ("GPUMIX_PLANS_KEPT", default.plans_kept),
    ):
        assert re.search(rf"`{name}` .*\| {value:g} \|", text)


def test_settings_come_from_the_environment() -> None:
    settings = settings_from({"GPUMIX_API_KEYS": "/k", "GPUMIX_SOLVE_SECONDS": "5", "GPUMIX_QUEUE": "0"})
    assert (Path("/k"), 5.0, 0) == (settings.keys_file, settings.solve_seconds, settings.queue)
