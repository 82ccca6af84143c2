"""``voisin``, also as ``python -m bot``."""


def main() -> None:
    """Start the command line."""
    from bot.cli.app import main as obey  # noqa: PLC0415 -- help and version answer at once

    obey()


if __name__ == "__main__":
    main()
