from pathlib import Path

from diip.common.queues.broker_socket import MAX_SOCKET_PATH, choose_broker_socket

DEEP = Path("/home/ann") / ("directory/" * 12)


def test_short_var_dir_contains_the_socket() -> None:
    assert choose_broker_socket(Path("/srv/diip/var")) == Path("/srv/diip/var/broker.sock")


def test_deep_directory_gets_a_short_path() -> None:
    assert len(bytes(choose_broker_socket(DEEP))) <= MAX_SOCKET_PATH


def test_path_depends_only_on_the_directory() -> None:
    assert choose_broker_socket(DEEP) == choose_broker_socket(Path(str(DEEP)))
    assert choose_broker_socket(DEEP) != choose_broker_socket(DEEP / "other")
