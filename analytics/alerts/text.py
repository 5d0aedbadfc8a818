"""Text from outside, fit for a place where it must not end a line."""


def one_line(text: str) -> str:
    """No line breaks, control or invisible characters: fit for a header."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
