"""Cleaning of untrusted text for single-line fields."""


def one_line(text: str) -> str:
    """Replace line breaks, control and invisible characters, e.g. for a header."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
