"""Every platform that there is."""

from collections.abc import Mapping

from tests.places.place import Opens
from tests.places.sandbox_place import sandbox_place
from tests.places.slack_place import slack_place

PLACES: Mapping[str, Opens] = {"sandbox": sandbox_place, "slack": slack_place}
