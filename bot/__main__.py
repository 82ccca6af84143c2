"""``python -m bot``: the same as ``voisin``."""

from bot.cli.app import main

if __name__ == "__main__":
    main()
