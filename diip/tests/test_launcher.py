"""Port of the simulated tracker."""

import socket
from pathlib import Path

import pytest

from diip.launcher import platform


@pytest.fixture
def var_dir(tmp_path: Path, settings) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


def test_simulator_takes_the_first_free_port(var_dir: Path, monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
        probe.close()
        monkeypatch.setattr(platform, "SIMULATOR_PORTS", [taken.getsockname()[1], free])

        assert platform.choose_simulator_port() == free


def test_simulator_keeps_its_stored_port(var_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        (var_dir / "simulator.port").write_text(str(port))

        with pytest.raises(platform.StartFailed, match=f"needs port {port}"):
            platform.choose_simulator_port()
    assert platform.choose_simulator_port() == port
