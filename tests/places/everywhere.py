"""Every platform that there is."""

from collections.abc import Mapping

from tests.places.guild_place import guild_place
from tests.places.place import Opens
from tests.places.sandbox_place import sandbox_place
from tests.places.slack_place import slack_place

PLACES: Mapping[str, Opens] = {
    "discord": guild_place,
    "sandbox": sandbox_place,
    "slack": slack_place,
}

LEFT: Mapping[str, Opens] = {name: opens for name, opens in PLACES.items() if name != "sandbox"}
"""Those that people can leave: whoever lives in the sandbox lives there for good."""
