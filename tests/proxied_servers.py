"""A PostgreSQL and a Redis of our own, each behind a network that can be broken."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fault_proxy import FaultProxy
from tests.own_servers import OwnPostgres, OwnRedis, own_postgres, own_redis


@dataclass
class Servers:
    """Our own, each behind a network that can be broken."""

    database: OwnPostgres
    broker: OwnRedis
    to_database: FaultProxy
    to_broker: FaultProxy


@contextmanager
def open_servers(folder: Path) -> Iterator[Servers]:
    with ExitStack() as stack:
        database = stack.enter_context(own_postgres(folder))
        broker = stack.enter_context(own_redis(folder))
        database.create("diip")
        to_database = stack.enter_context(FaultProxy("127.0.0.1", database.port))
        to_broker = stack.enter_context(FaultProxy("127.0.0.1", broker.port))
        yield Servers(database, broker, to_database, to_broker)
