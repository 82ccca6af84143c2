"""What one process of several does."""

from enum import StrEnum


class Role(StrEnum):
    """`voisin run --role …`."""

    ALL = "all"
    WEB = "web"
    """Hears what platforms send to a public address."""
    GATEWAY = "gateway"
    """Holds the lines on which platforms are listened to without one."""
    WORKER = "worker"
    """Opens and advances rounds, and sends."""

    @property
    def beats(self) -> bool:
        """Whether the heartbeat is here."""
        return self in (Role.ALL, Role.WORKER)

    def hears(self, *, by_http: bool) -> bool:
        """Whether what people do reaches this process by such a road."""
        return self in (Role.ALL, Role.WEB if by_http else Role.GATEWAY)
