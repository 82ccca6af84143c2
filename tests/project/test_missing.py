"""What a machine lacks is skipped with its remedy, but never where everything is required."""

import pytest

from tests.required import missing


def test_what_is_missing_is_skipped_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOISIN_REQUIRE_ALL", raising=False)

    with pytest.raises(pytest.skip.Exception, match="Boil water"):
        missing("No tea.", remedy="Boil water.")


def test_where_everything_is_required_what_is_missing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOISIN_REQUIRE_ALL", "1")

    with pytest.raises(pytest.fail.Exception, match="Boil water"):
        missing("No tea.", remedy="Boil water.")
