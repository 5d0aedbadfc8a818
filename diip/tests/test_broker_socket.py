from pathlib import Path

from diip.common.queues.broker_socket import LONGEST_SOCKET_PATH, choose_broker_socket

DEEP = Path("/home/ann") / ("directory/" * 12)


def test_it_lies_in_var_where_that_is_short_enough() -> None:
    assert choose_broker_socket(Path("/srv/diip/var")) == Path("/srv/diip/var/broker.sock")


def test_a_deep_directory_gets_a_short_path() -> None:
    assert len(bytes(choose_broker_socket(DEEP))) <= LONGEST_SOCKET_PATH


def test_every_process_derives_the_same_path_and_each_directory_its_own() -> None:
    assert choose_broker_socket(DEEP) == choose_broker_socket(Path(str(DEEP)))
    assert choose_broker_socket(DEEP) != choose_broker_socket(DEEP / "other")
