from projects.tests.people import team

__all__ = ["team"]
