"""The hundred thousand cases of nonsense from outside, in their short form."""

from benchmarks.fuzz import fuzz


async def test_nonsense_from_outside_ends_in_no_traceback_and_changes_nothing_of_others() -> None:
    findings = await fuzz(1500, seed=7)

    assert findings.tracebacks == []
    assert findings.changes == []
    assert len(findings.cases) == 5
