import subprocess

from diip.launcher.orphan_watchdog import end_groups, read_last_groups


def start(command: str) -> subprocess.Popen:
    """Start a group whose output ends with its last process."""
    return subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, start_new_session=True)


def test_last_line_wins() -> None:
    assert read_last_groups(["1 2\n", "3 2 1\n"]) == [3, 2, 1]


def test_orderly_stop_leaves_no_groups() -> None:
    assert read_last_groups(["3 2 1\n", "\n"]) == []


def test_group_is_ended_with_its_children() -> None:
    process = start("sleep 60 & echo up; wait")
    assert process.stdout.readline() == b"up\n"

    end_groups([process.pid], grace=0)

    assert process.communicate() == (b"", None)
    assert process.returncode < 0


def test_missing_group_is_no_error() -> None:
    process = start("exit 0")
    process.communicate()

    end_groups([process.pid], grace=0)

    assert process.returncode == 0
