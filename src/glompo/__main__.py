"""``python -m glompo`` is the command ``glompo``."""

from glompo.cli import main

if __name__ == "__main__":
    main()
