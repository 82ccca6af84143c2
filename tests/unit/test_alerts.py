"""The rules for Prometheus speak of figures that exist, and say what to do."""

import re

import yaml

from tests.project.tree import ROOT

RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
PAGE = (ROOT / "docs" / "operating.md").read_text()


def test_every_rule_asks_for_figures_that_are_told() -> None:
    asked = {figure for rule in RULES for figure in re.findall(r"voisin_\w+", rule["expr"])}

    assert {figure for figure in asked if f"`{figure}`" not in PAGE} == set()
    assert asked


def test_every_rule_says_how_bad_it_is_and_what_to_do() -> None:
    for rule in RULES:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert set(rule["annotations"]) == {"summary", "todo"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
