"""Measure the bars, print one table, and fail if one is missed."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from tests.bars.bar import Bar, Measure, table

FRAME = ("__init__", "__main__", "bar")


def measures() -> dict[str, Measure]:
    """By module: every one of this package has a `measure`."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    return {
        name: import_module(f"tests.bars.{name}").measure for name in names if name not in FRAME
    }


def main() -> None:
    known = measures()
    parser = argparse.ArgumentParser(prog="python -m tests.bars")
    parser.add_argument("modules", nargs="*", help=f"of {', '.join(known)}; none: all")
    names = parser.parse_args().modules or list(known)
    if unknown := set(names) - set(known):
        parser.error(f"no such module: {', '.join(sorted(unknown))}")
    bars: list[Bar] = []
    for name in names:
        sys.stderr.write(f"bars: {name}\n")
        bars += known[name]()
    sys.stdout.write(table(bars) + "\n")
    sys.exit(0 if all(bar.holds for bar in bars) else 1)


if __name__ == "__main__":
    main()
