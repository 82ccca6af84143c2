"""What can go wrong. One root, few children; each message is a sentence that someone can act on."""

from datetime import datetime

from bot.domain.ids import ExternalId


class VoisinError(Exception):
    """Something went wrong, and the message says what to do about it."""


class Refusal(VoisinError):
    """A member asked for something that cannot be done: told to them, in their language.

    ``name`` is that of a sentence of the catalogues, ``values`` fill its placeholders.
    """

    def __init__(self, name: str, **values: str | int) -> None:
        super().__init__(name)
        self.name = name
        self.values = values


class Unknown(VoisinError):
    """There is no such thing in this community."""


class AlreadyThere(VoisinError):
    """A promise of the database refused a second one; the first holds."""


class AlreadyHeard(VoisinError):
    """This event was handled before; there is nothing left to do."""


class BadInput(VoisinError):
    """A file or a setting that cannot be used; nothing was written."""


class BadSetting(BadInput):
    """The settings are not usable: names key, value and remedy."""


class StorageError(VoisinError):
    """The database cannot be used as it is."""


class FullDisk(StorageError):
    """No room left where the database lives; nothing was half-written."""


class FromTheFuture(StorageError):
    """The database was written by a newer Voisin."""


class NeedsUpgrade(StorageError):
    """The database was written by an older Voisin and is not upgraded by itself."""


class PlatformError(VoisinError):
    """A platform did not do what was asked."""


class TryLater(PlatformError):
    """Surely not sent; the platform said when to try again (UTC)."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"to be tried again at {at.isoformat()}")
        self.at = at


class NotSent(PlatformError):
    """Surely not sent, and it may work later: no connection, refused, no name found."""


class Uncertain(PlatformError):
    """Perhaps sent: the connection broke, or the platform failed, between the call and its answer."""


class Gone(PlatformError):
    """These people cannot be reached any more."""

    def __init__(self, *people: ExternalId) -> None:
        super().__init__(f"{len(people)} of those addressed cannot be reached any more")
        self.people = people


class Impossible(PlatformError):
    """It will never work as it is; the message says why, for a convener."""


class Closed(Impossible):
    """The space is gone, or Voisin was taken out of it."""
