"""Packages, recipes, containers and CI files agree with pyproject.toml; what `make check-install` looks for."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from supplyshock.cli import Commands

ROOT = Path(__file__).parents[1]
DATA = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = DATA["project"]
CONDA = {"matplotlib": "matplotlib-base"}
"""Names that differ on conda-forge; the rest are equal in lower case."""
CONTAINERS = ("Dockerfile", "supplyshock.def")
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))


def load(name: str) -> Any:
    """A YAML file of the project."""
    return YAML(typ="safe").load((ROOT / name).read_text(encoding="utf-8"))


def container(name: str) -> str:
    """The text of a container's file."""
    return (ROOT / ".ci/packaging/containers" / name).read_text(encoding="utf-8")


def for_conda(requirements: list[str]) -> set[str]:
    """Requirements ``name>=version`` as a conda recipe writes them."""
    pairs = [re.fullmatch(r"([\w.-]+)(>=[\d.]+)", r) for r in requirements]
    return {f"{CONDA.get(p[1], p[1].lower())} {p[2]}" for p in pairs if p}


@pytest.fixture(scope="module")
def check_install() -> Any:
    """The script .ci/packaging/check_install.py as a module."""
    spec = importlib.util.spec_from_file_location("check_install", ROOT / ".ci/packaging/check_install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pythons() -> list[str]:
    """Versions in the classifiers."""
    texts = (c.removeprefix("Programming Language :: Python :: ") for c in PROJECT["classifiers"])
    return [t for t in texts if re.fullmatch(r"3\.\d+", t)]


# -- conda


def test_the_recipe_has_the_dependencies_of_the_project() -> None:
    requirements = load(".ci/packaging/conda/recipe.yaml")["requirements"]
    python = "python >=${{ python_min }}"
    assert set(requirements["run"]) == for_conda(PROJECT["dependencies"]) | {python}
    assert len(for_conda(PROJECT["dependencies"])) == len(PROJECT["dependencies"])
    optional = {r for e in ("dask", "cloud", "sensitivity", "calibrate") for r in PROJECT["optional-dependencies"][e]}
    assert set(requirements["run_constraints"]) == for_conda(sorted(optional))
    built_with = for_conda(DATA["build-system"]["requires"])
    assert set(requirements["host"]) == built_with | {"python ${{ python_min }}.*", "pip"}


def test_the_recipe_has_the_head_of_the_project() -> None:
    recipe = load(".ci/packaging/conda/recipe.yaml")
    assert PROJECT["requires-python"] == f">={recipe['context']['python_min']}"
    assert recipe["about"]["summary"] == PROJECT["description"]
    assert recipe["about"]["license"] == PROJECT["license"]
    scripts = [f"{name} = {target}" for name, target in PROJECT["scripts"].items()]
    assert recipe["build"]["python"]["entry_points"] == scripts


# -- containers


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_has_a_python_extras_and_a_program_of_the_project(name: str) -> None:
    text = container(name)
    assert set(re.findall(r"(?:PYTHON=|python:)(3\.\d+)", text)) <= set(pythons())
    assert re.search(r"(?:PYTHON=|python:)(3\.\d+)", text)
    (extras,) = re.findall(r"\.whl\)\[([^\]]*)\]", text)
    named = set(re.sub(r"[${}\s]", "", extras).split(","))
    cuda = re.findall(r"CUDA=(\w+)", text)
    assert len(cuda) == 1
    assert {*named - {"CUDA"}, *cuda} <= set(PROJECT["optional-dependencies"])
    assert set(re.findall(r"(cuda\d+) needs|, (cuda\d+) one", text)) == {("cuda13", ""), ("", "cuda12")}


def test_containers_run_commands_that_exist() -> None:
    (script,) = PROJECT["scripts"]
    docker, apptainer = map(container, CONTAINERS)
    assert f'ENTRYPOINT ["{script}"]' in docker
    assert re.findall(r'^CMD \["(\w+)"\]', docker, re.MULTILINE)[0] in Commands.names
    assert f'exec {script} "$@"' in apptainer
    assert re.findall(rf"%test\n    {script} (\w+)", apptainer)[0] in Commands.names


@pytest.mark.parametrize("name", CONTAINERS)
def test_the_lock_becomes_constraints_that_pip_reads(name: str) -> None:
    (words,) = re.findall(r"(sed .*) /opt/\S+ >", container(name))
    command = ["bash", "-c", f"{words} '{ROOT}/requirements.lock'"]
    made = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    lines = made.splitlines()
    assert all(re.fullmatch(r"[\w.-]+==[\w.+!-]+( ; [^\\]+)?", line) for line in lines)
    names = {line.partition("==")[0] for line in lines}
    assert {re.split("[<>=]", r)[0].replace(".", "-") for r in PROJECT["dependencies"]} <= names
    assert "--hash" not in made


def test_the_build_context_holds_what_the_dockerfile_copies() -> None:
    lines = container("Dockerfile.dockerignore").split()
    (copied,) = re.findall(r"^COPY (.*) \S+$", container("Dockerfile"), re.MULTILINE)
    assert lines[0] == "*"
    assert {line.removeprefix("!") for line in lines[1:]} == set(copied.split())


# -- CI and templates


def test_ci_runs_the_same_on_every_python_of_the_classifiers() -> None:
    job = load(".github/workflows/ci.yml")["jobs"]["check"]
    assert job["strategy"]["matrix"]["python"] == pythons()
    assert job["steps"][-1] == {"run": ".ci/run"}
    check = load(".gitlab-ci.yml")["check"]
    assert check["parallel"]["matrix"] == [{"PYTHON": pythons()}]
    assert check["script"] == [".ci/run"]


@pytest.mark.parametrize("form", FORMS, ids=lambda p: p.stem)
def test_an_issue_form_has_what_the_host_needs(form: Path) -> None:
    parsed = load(str(form.relative_to(ROOT)))
    if form.stem == "config":
        assert parsed == {"blank_issues_enabled": True}
        return
    assert {"name", "description", "body"} <= set(parsed)
    ids = [field["id"] for field in parsed["body"]]
    assert len(ids) == len(set(ids))
    assert any(field.get("validations", {}).get("required") for field in parsed["body"])


def test_there_are_forms() -> None:
    assert {"bug", "data", "idea"} <= {form.stem for form in FORMS}


# -- the install page, and the script


def test_the_install_page_lists_the_extras() -> None:
    page = (ROOT / "docs/how-to/install.md").read_text(encoding="utf-8")
    table = page.partition("| extra |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`([\w-]+)`", "".join(line.split("|")[1] for line in table.splitlines()[2:]))) == set(
        PROJECT["optional-dependencies"]
    )


def test_a_whole_wheel_is_sound(check_install: Any) -> None:
    names = [*check_install.NEEDED, "supplyshock-1.2.0.dist-info/METADATA", "supplyshock_kernels/ops.py"]
    assert list(check_install.wheel_problems(names)) == []


@pytest.mark.parametrize(
    "name",
    [
        "supplyshock/_configs/data/raw/marks.csv",
        "supplyshock/_configs/build_data.py",
        "tests/conftest.py",
        "supplyshock/tests/test_x.py",
        "CITATION.cff",
        "supplyshock/__pycache__/x.pyc",
    ],
)
def test_what_a_wheel_should_not_have_is_named(check_install: Any, name: str) -> None:
    assert list(check_install.wheel_problems([*check_install.NEEDED, name])) == [f"the wheel contains {name}"]


def test_what_a_wheel_lacks_is_named(check_install: Any) -> None:
    (problem,) = check_install.wheel_problems(check_install.NEEDED[1:])
    assert problem == f"the wheel lacks {check_install.NEEDED[0]}"


@pytest.mark.parametrize("name", ["NEEDED", "SOURCE_NEEDED"])
def test_what_the_packages_need_is_in_the_checkout(check_install: Any, name: str) -> None:
    for file in getattr(check_install, name):
        places = (file, f"engine/{file}", f"kernels/{file}", file.replace("supplyshock/_configs", "configs"))
        assert any((ROOT / place).is_file() for place in places), file


def test_one_clear_error_that_names_the_extra(check_install: Any) -> None:
    clear = 'Error: s3: obstore is not installed; pip install "supplyshock[cloud]"\n'
    assert check_install.extra_problem("cloud", 2, clear) == ""
    assert check_install.extra_problem("cloud", 0, "") != ""
    assert check_install.extra_problem("cloud", 70, clear) != ""
    assert check_install.extra_problem("dask", 2, clear) != ""
    assert check_install.extra_problem("cloud", 2, clear + clear) != ""
    assert check_install.extra_problem("cloud", 2, f"Traceback (most recent call last)\n{clear}") != ""


def test_every_extra_and_python_is_checked(check_install: Any) -> None:
    # cuda13 is reached by the same error as cuda12; without a GPU nothing gets as far as those of the fused kernel
    not_used = {"cuda13", "dev", "docs", "fused-cuda12", "fused-cuda13"}
    assert set(check_install.EXTRAS) == set(PROJECT["optional-dependencies"]) - not_used
    assert set(pythons()) <= set(check_install.PYTHONS)
    assert {words[0] for words in (*check_install.USES, *check_install.EXTRAS.values())} <= set(Commands.names)
