"""A program's terms as the setup form says them, and back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time

from bot.domain.acquaintance import Distance
from bot.domain.cadence import (
    Cadence,
    UnknownZone,
    Wall,
    fortnightly,
    monthly,
    rhythm_of,
    weekly,
    zone_named,
)
from bot.domain.program import Program
from bot.wording import forms

MAKES = {"weekly": weekly, "fortnightly": fortnightly, "monthly": monthly}


class Unclear(Exception):
    """A field of a form that cannot be taken as it is; its sentence is in the catalogues."""

    def __init__(self, field: str, name: str, **values: str) -> None:
        super().__init__(name)
        self.field = field
        self.name = name
        self.values = values


def read(values: Mapping[str, str], program: Program | None, *, today: date) -> tuple[Cadence, int]:
    """The form's values. Raises Unclear for the first that cannot be taken."""
    rhythm, day, size = (values.get(name, "") for name in ("rhythm", "day", "size"))
    if rhythm not in MAKES and not (rhythm == "other" and program is not None):
        raise Unclear("rhythm", "choice_not_understood", text=rhythm)
    if day not in {str(number) for number in range(7)}:
        raise Unclear("day", "choice_not_understood", text=day)
    if size not in {str(number) for number in forms.SIZES}:
        raise Unclear("size", "choice_not_understood", text=size)
    distance = values.get("distance", Distance.ANY)
    if distance not in list(Distance):
        raise Unclear("distance", "choice_not_understood", text=distance)
    for field, several in forms.TICKS.items():
        some = [each for each in values.get(field, "").split(",") if each]
        if unknown := [each for each in some if each not in several]:
            raise Unclear(field, "choice_not_understood", text=unknown[0])
    try:
        at = time.fromisoformat(values.get("at", "")).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Unclear("at", "time_not_understood", text=values.get("at", "")) from None
    zone = values.get("zone", "")
    try:
        zone_named(zone)
    except UnknownZone as error:
        if error.near:
            raise Unclear("zone", "zone_unknown", text=zone, close=", ".join(error.near)) from None
        raise Unclear("zone", "zone_unknown_bare", text=zone) from None
    if rhythm == "other" and program is not None:
        return replace(program.cadence, at=at, zone=zone), int(size)
    return MAKES[rhythm](int(day), at, zone, today), int(size)


def as_it_is(program: Program) -> dict[str, str]:
    """What the form would say of the program."""
    return {
        "rhythm": rhythm_of(program.cadence),
        "day": str(weekday(program.cadence)),
        "at": f"{program.cadence.at:%H:%M}",
        "zone": program.cadence.zone,
        "size": str(program.group_size),
    }


def chosen(program: Program, values: Mapping[str, str]) -> Program:
    """The program with what the form chooses and switches; what it does not ask for stays as it is."""
    ticked: dict[str, bool] = {}
    for field, several in forms.TICKS.items():
        if field in values:
            ticked |= {each: each in values[field].split(",") for each in several}
    distance = Distance(values.get("distance", program.distance))
    return replace(program.ticking(ticked), distance=distance)


def weekday(cadence: Cadence) -> int:
    """The day of the week of a cadence's first slot, 0 for Monday."""
    slot = cadence.following(Wall(f"{cadence.starts.isoformat()}T00:00"))
    return date.fromisoformat(slot[0][:10]).weekday() if slot else cadence.starts.weekday()
