"""Serve simulated trackers: `python -m simulator --help`."""

import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any, NoReturn

from simulator.github.access import Token
from simulator.jira.access import Token as JiraToken
from simulator.server import TrackerServer

JIRA_SHARE, STACK_SHARE = 5, 10
MOST_TOLD = 5_000
"""Jira and Stack Overflow are held in memory: however large GitHub is, they have no more."""
_INTRODUCTION = """\
Simulated trackers at {url}   (Ctrl-C ends them)

  GitHub       {url}/github
  repository   octo/engine: {issues:,} issues and pull requests, seed {seed}, the last of them
               before {until} (--until today moves that)
               also octo/private, octo/old-engine (renamed), octo/empty, octo/no-issues, octo/attic
  Jira Cloud   {url}/jira   (an e-mail address and any token; tokens that begin
               with scoped- at {url}/atlassian/ex/jira/{{cloudId}} alone)
  Data Center  {url}/jira-dc   (any personal access token)
  projects     ENG: {jira_issues:,} issues; also OPS, TEAM (team-managed), EMPTY, SECRET (hidden)
  tokens       {tokens}
  in DIIP      POST /api/projects/{{id}}/integrations/github/connect/
               {{"repository": "octo/engine", "api_url": "{url}/github", "token": "any-token"}}
               with DIIP_PRIVATE_HOSTS={host}

  in DIIP      POST /api/projects/{{id}}/integrations/jira/connect/
               {{"site_url": "{url}/jira", "project_key": "ENG", "email": "a@b.c", "token": "any"}}

  Stack        {url}/stackexchange/2.3   ({questions:,} questions)
  Overflow     POST /api/projects/{{id}}/integrations/stackoverflow/connect/
               {{"tags": ["engine"], "api_url": "{url}/stackexchange/2.3"}}

  look         curl {url}/github/repos/octo/engine/issues
  change       curl -X POST {url}/_control/github/octo/engine/issues/7/close
  many changes curl -d '{{"count": 100}}' {url}/_control/github/octo/engine/touch
  break        curl -d '{{"kind": "status", "status": 502, "times": 5}}' {url}/_control/faults
  hooks        curl -d '{{"tracker": "github", "url": "...", "secret": "..."}}' \\
               {url}/_control/deliveries/subscribe
  what it saw  curl {url}/_control/requests
  all of it    curl {url}/_control
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; exit with 1 and one line for options that cannot work."""
    options = _parser().parse_args(arguments)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _setter(stop))
    with _server(options) as server:
        if options.latency:
            server.faults.add("latency", times=None, milliseconds=options.latency)
        print(_introduction(server, options), flush=True)
        stop.wait()
    print("Trackers stopped.")


def _parser() -> ArgumentParser:
    parser = ArgumentParser(
        "simulator", description="Simulated trackers: they behave, change and fail on demand."
    )
    add = parser.add_argument
    add("--port", type=int, default=9100)
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--public-url", default="", help="how clients reach it, if otherwise")
    add("--seed", type=int, default=1, help="another seed, another history")
    add("--issues", type=int, default=5000, help="in octo/engine, 0 to 1000000")
    add("--jira-issues", type=int, help="in ENG, for both Jiras; a fifth of --issues if unset")
    add("--questions", type=int, help="on Stack Overflow; a tenth of --issues if unset")
    add("--until", default="", help="day on which the history ends: 2026-10-31 or today")
    add("--until-file", type=Path, help="keeps that day from one start to the next")
    add("--paging", choices=["cursor", "number"], default="cursor")
    add("--quota", type=int, default=5000, help="requests an hour; 0: no limit")
    add("--token", action="append", default=[], help="only these are accepted")
    add("--latency", type=int, default=0, help="milliseconds for each request")
    return parser


def _server(options: Namespace) -> TrackerServer:
    until = _end_of_history(options.until, options.until_file)
    issues = _jira_issues(options)
    pats = [JiraToken(value) for value in options.token]
    jiras = {
        f"{jira}_{name}": value
        for jira in ("jira", "jira_dc")
        for name, value in {"issues": issues, "until": until, "tokens": pats}.items()
    }
    try:
        return TrackerServer(
            options.port,
            seed=options.seed,
            issues=_within(options.issues, "--issues", 1_000_000),
            questions=_questions(options),
            host=options.host,
            public_url=options.public_url.rstrip("/"),
            until=until,
            paging=options.paging,
            quota=options.quota or None,
            tokens=[Token(value) for value in options.token],
            **jiras,
        )
    except OSError as error:
        _refuse(f"Port {options.port} cannot be used: {error.strerror}")


def _introduction(server: TrackerServer, options: Namespace) -> str:
    return _INTRODUCTION.format(
        url=server.url,
        host=server.url.partition("://")[2],
        issues=options.issues,
        jira_issues=_jira_issues(options),
        questions=_questions(options),
        seed=options.seed,
        until=f"{server.github.options.until:%Y-%m-%d %H:%M} UTC",
        tokens="only those given with --token" if options.token else "any; none is fine, too",
    )


def _refuse(reason: str) -> NoReturn:
    sys.exit(f"simulator: {reason}")


def _setter(stop: Event) -> Any:
    def set_it(number: int, frame: FrameType | None) -> None:
        stop.set()

    return set_it


def _within(value: int, option: str, most: int) -> int:
    if not 0 <= value <= most:
        _refuse(f"{option} takes 0 to {most}")
    return value


def _jira_issues(options: Namespace) -> int:
    given: int | None = options.jira_issues
    return (
        _share(options.issues, JIRA_SHARE)
        if given is None
        else _within(given, "--jira-issues", 100_000)
    )


def _questions(options: Namespace) -> int:
    given: int | None = options.questions
    if given is None:
        return _share(options.issues, STACK_SHARE)
    return _within(given, "--questions", 100_000)


def _share(issues: int, share: int) -> int:
    return min(issues // share, MOST_TOLD)


def _end_of_history(text: str, memory: Path | None) -> datetime:
    """Midnight of the day of the first start: a history must not move under its readers."""
    if not text:
        text = memory.read_text().strip() if memory and memory.exists() else "today"
    try:
        day = datetime.now(UTC).date() if text == "today" else datetime.fromisoformat(text).date()
    except ValueError:
        _refuse(f"--until {text!r} is not a day. Write 2026-10-31 or today")
    if memory:
        memory.parent.mkdir(parents=True, exist_ok=True)
        memory.write_text(f"{day}\n")
    return datetime.combine(day, time(), UTC)


if __name__ == "__main__":
    main()
