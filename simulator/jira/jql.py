"""The part of JQL that a synchronisation needs; anything else is refused, with Jira's sentences."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<sign><=|>=|!=|[=<>(),])"
    r"|(?P<word>[^\s\"'=<>!(),]+))"
)
_FIELDS = {
    "project": "project", "id": "id", "key": "id", "issue": "id", "issuekey": "id",
    "updated": "updated", "updateddate": "updated", "created": "created", "createddate": "created",
}  # fmt: skip
_ORDERS = {"created", "createddate", "updated", "updateddate", "id", "key", "issuekey"}
_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
_PERIOD = re.compile(r"([+-]?)(\d+)([wdhm])")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
MOST_ORDERS = 7


class BadJql(ValueError):
    """The query cannot be carried out; the message is for `errorMessages`."""


class Clause(msgspec.Struct, frozen=True):
    field: str
    """project, id, updated or created"""
    sign: str
    values: tuple[str, ...]
    moment: int = 0
    """Of a time: milliseconds since 1970."""


class Order(msgspec.Struct, frozen=True):
    field: str
    descending: bool


class Query(msgspec.Struct, frozen=True):
    clauses: tuple[Clause, ...]
    orders: tuple[Order, ...]

    @property
    def bounded(self) -> bool:
        return bool(self.clauses)


class Word(msgspec.Struct, frozen=True):
    text: str
    quoted: bool


def parse(text: str, zone: str, now: float) -> Query:
    """`zone` is the searching account's: times without a zone of their own are read in it."""
    return _Reader(_words(text), zone, now).query()


def _words(text: str) -> list[Word]:
    words, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise BadJql(f"Error in the JQL Query: '{text[at:].strip()[:1]}' is not understood.")
        quoted = match["quoted"]
        plain = re.sub(r"\\(.)", r"\1", quoted[1:-1]) if quoted else match["sign"] or match["word"]
        words.append(Word(plain, quoted=bool(quoted)))
        at = match.end()
    return words


class _Reader:
    def __init__(self, words: list[Word], zone: str, now: float) -> None:
        self._words, self._at = words, 0
        self._zone, self._now = zone, now

    def query(self) -> Query:
        clauses: list[Clause] = []
        if self._words and not self._is("order"):
            clauses.append(self._clause())
            while self._is("and"):
                self._at += 1
                clauses.append(self._clause())
        return Query(tuple(clauses), self._orders())

    def _is(self, text: str) -> bool:
        left = self._words[self._at : self._at + 1]
        return bool(left) and not left[0].quoted and left[0].text.lower() == text

    def _next(self) -> Word:
        if self._at >= len(self._words):
            raise BadJql("Error in the JQL Query: The query ended too early.")
        self._at += 1
        return self._words[self._at - 1]

    # --- what is asked for -----------------------------------------------------------------------

    def _clause(self) -> Clause:
        name = self._next().text
        field = _FIELDS.get(name.lower())
        if field is None:
            raise BadJql(f"Field '{name}' does not exist or you do not have permission to view it.")
        sign = self._next().text.lower()
        timed = field in {"updated", "created"}
        if sign not in ({"=", ">", "<", ">=", "<="} if timed else {"=", "in"}):
            raise BadJql(f"The operator '{sign}' is not supported by the '{name}' field.")
        if timed:
            word = self._next()
            return Clause(field, sign, (word.text,), self._moment(field, word))
        return Clause(field, sign, self._list() if sign == "in" else (self._next().text,))

    def _list(self) -> tuple[str, ...]:
        if self._next().text != "(":
            raise BadJql("Error in the JQL Query: Expecting '(' after 'in'.")
        values = [self._next().text]
        while (sign := self._next().text) == ",":
            values.append(self._next().text)
        if sign != ")":
            raise BadJql(f"Error in the JQL Query: Expecting ')' or ',' but got '{sign}'.")
        return tuple(values)

    def _moment(self, field: str, word: Word) -> int:
        if not word.quoted and re.fullmatch(r"\d{1,15}", word.text):
            return int(word.text)
        if period := _PERIOD.fullmatch(word.text):
            length = timedelta(**{_UNITS[period[3]]: int(period[2][:6])}).total_seconds()
            return int((self._now + (-length if period[1] == "-" else length)) * 1000)
        for form in _FORMATS:
            moment = _read(word.text, form)
            if moment:
                return int(moment.replace(tzinfo=ZoneInfo(self._zone)).timestamp() * 1000)
        raise BadJql(
            f"Date value '{word.text}' for field '{field}' is invalid. Valid formats include: "
            "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period "
            "format e.g. '-5d', '4w 2d'."
        )

    # --- in which order --------------------------------------------------------------------------

    def _orders(self) -> tuple[Order, ...]:
        if self._at == len(self._words):
            return ()
        if not self._is("order"):
            raise BadJql(
                "Error in the JQL Query: Expecting either 'OR' or 'AND' but got "
                f"'{self._words[self._at].text}'."
            )
        self._at += 1
        if self._next().text.lower() != "by":
            raise BadJql("Error in the JQL Query: Expecting 'by' after 'order'.")
        orders = [self._order()]
        while self._at < len(self._words) and self._next().text == ",":
            orders.append(self._order())
        if self._at < len(self._words):
            raise BadJql(f"Error in the JQL Query: '{self._words[self._at].text}' is left over.")
        if len(orders) > MOST_ORDERS:
            raise BadJql(f"The orderBy clause can contain a maximum of {MOST_ORDERS} fields.")
        return tuple(orders)

    def _order(self) -> Order:
        name = self._next().text
        if name.lower() not in _ORDERS:
            raise BadJql(f"Not able to sort using field '{name}'.")
        descending = self._is("desc")
        if descending or self._is("asc"):
            self._at += 1
        return Order(_FIELDS[name.lower()], descending)


def _read(text: str, form: str) -> datetime | None:
    read: Callable[[str, str], datetime] = datetime.strptime
    try:
        return read(text, form)
    except ValueError:
        return None
