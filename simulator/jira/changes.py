"""What people do in Jira while somebody reads it: each change leaves its mark in the changelog."""

from collections.abc import Sequence
from typing import Any

from simulator.seeded_random import Dice, key_of

from . import edits
from .administration import Administration
from .comments import Talk
from .issue_moves import Whereabouts
from .model import Issue, Item, Link
from .mutation_log import Happening, Reference, alone
from .people import ME
from .scheme import LINK_TYPES, PRIORITIES, TYPES


class Changes(Talk, Whereabouts, Administration):
    """Changes to one site, by Python or over `/_control`. Issues are named by key or id."""

    @alone
    def create(self, project: str = "ENG", *, title: str = "Something new", body: str | None = "",
               actor: str = ME, **fields: Any) -> Issue:  # fmt: skip
        """`fields`: type, priority, labels, components, assignee, parent."""
        jira, now = self._jira, self._now()
        home = jira.project(project)
        parent = jira.issue(fields.pop("parent")) if fields.get("parent") else None
        kind = _named(fields.pop("type", "Task"), TYPES)
        key = self._next_key(home)
        issue = Issue(home.issue_id(int(key.rpartition("-")[2])), key, home.key, kind, title, body,
                      actor, now, now, parent=parent.id if parent else None, **fields)  # fmt: skip
        jira.index.before(issue.id, None)
        jira.issues[issue.id], jira.keys[key] = issue, issue.id
        jira.kin_changed()
        jira.touched(issue)
        jira.index.after(issue.id, issue)
        self._tell(Happening("jira:issue_created", issue, actor))
        return issue

    @alone
    def edit(self, issue: Reference, *, title: str | None = None, body: str | None = None,
             raw: Any = None, actor: str = ME) -> Issue:  # fmt: skip
        """`raw` is a document shown in place of the body, however odd."""

        def change(found: Issue) -> list[Item]:
            found.raw = raw
            items = edits.set_summary(found, title) if title is not None else []
            return items + (edits.set_body(found, body) if body is not None else [])

        return self._edit(issue, actor, change)

    @alone
    def touch(self, issue: Reference) -> Issue:
        """Only the body's end and `updated` change."""
        found = self._jira.issue(issue)
        return self.edit(issue, body=f"{found.body or ''}\n\nEdit {found.version}: still so.")

    @alone
    def touch_some(self, count: int, seed: int = 1, project: str = "ENG") -> list[str]:
        """Touch `count` different ones, the same for the same seed."""
        keys = [issue.key for issue in self._jira.issues.values() if issue.project == project]
        chosen = Dice(key_of(seed, "touch")).few(keys, count)
        for key in chosen:
            self.touch(key)
        return chosen

    @alone
    def transition(self, issue: Reference, *, status: str, resolution: str | None = None,
                   actor: str = ME) -> Issue:  # fmt: skip
        """To a done status with a resolution (Done, unless told), from one without it."""
        project = self._jira.projects[self._jira.issue(issue).project]
        name, now = project.first_name(status), self._now()
        wanted = (resolution or "Done") if project.is_done(name) else None
        return self._edit(
            issue, actor, lambda found: edits.set_status(found, project, name, wanted, now)
        )

    @alone
    def assign(self, issue: Reference, *, login: str | None, actor: str = ME) -> Issue:
        """None: to nobody."""
        jira = self._jira
        return self._edit(
            issue, actor,
            lambda found: edits.set_assignee(found, login, jira.accounts, cloud=jira.cloud),
        )  # fmt: skip

    @alone
    def label(self, issue: Reference, *, name: str, actor: str = ME) -> Issue:
        return self._edit(
            issue, actor,
            lambda found: edits.set_labels(found, [*dict.fromkeys([*found.labels, name])]),
        )  # fmt: skip

    @alone
    def unlabel(self, issue: Reference, *, name: str, actor: str = ME) -> Issue:
        return self._edit(
            issue, actor,
            lambda found: edits.set_labels(found, [x for x in found.labels if x != name]),
        )  # fmt: skip

    @alone
    def change_type(self, issue: Reference, *, type: str, actor: str = ME) -> Issue:  # noqa: A002  Jira's word
        name = _named(type, TYPES)
        return self._edit(issue, actor, lambda found: edits.set_type(found, name))

    @alone
    def prioritise(self, issue: Reference, *, priority: str | None, actor: str = ME) -> Issue:
        name = _named(priority, PRIORITIES) if priority else None
        return self._edit(issue, actor, lambda found: edits.set_priority(found, name))

    @alone
    def plan(self, issue: Reference, *, sprint: int, actor: str = ME) -> Issue:
        return self._edit(issue, actor, lambda found: edits.set_sprint(found, sprint))

    @alone
    def flag(self, issue: Reference, *, actor: str = ME) -> Issue:
        return self._edit(issue, actor, lambda found: edits.set_flag(found, flagged=True))

    @alone
    def unflag(self, issue: Reference, *, actor: str = ME) -> Issue:
        return self._edit(issue, actor, lambda found: edits.set_flag(found, flagged=False))

    @alone
    def set_parent(self, issue: Reference, *, parent: Reference | None, actor: str = ME) -> Issue:
        jira = self._jira
        new = jira.issue(parent) if parent else None
        old = jira.issues.get(jira.issue(issue).parent or 0)
        self._edit(issue, actor, lambda found: edits.set_parent(found, old, new, cloud=jira.cloud))
        jira.kin_changed()
        for one in (old, new):
            if one:
                jira.touched(one)
        return jira.issue(issue)

    # --- links -----------------------------------------------------------------------------------

    @alone
    def link(self, issue: Reference, *, to: Reference, type: str = "Blocks",  # noqa: A002  Jira's word
             actor: str = ME) -> Link:  # fmt: skip
        """`issue` blocks (duplicates, relates to) `to`; both ends change."""
        source, target = self._jira.issue(issue), self._jira.issue(to)
        link = Link(self._jira.next_id(), _named(type, LINK_TYPES), source.id, target.id)
        for end, other, outward in ((source, target, True), (target, source, False)):
            with self._changing(end.id) as found:
                found.links.append(link)
                item = edits.link_item(link.type, other.key, outward=outward)
                entry = self._record(found, actor, [item])
            self._updated(found, actor, entry)
        return link

    @alone
    def unlink(self, issue: Reference, *, to: Reference, actor: str = ME) -> None:
        """All links between the two, in either direction."""
        ends = {self._jira.issue(issue).id, self._jira.issue(to).id}
        found = [x for x in self._jira.issue(issue).links if {x.source, x.target} == ends]
        for link in found:
            self._unlink(link, actor)
        if not found:
            raise LookupError(f"{issue} and {to} are not linked")

    def _unlink(self, link: Link, actor: str) -> None:
        for end, other in ((link.source, link.target), (link.target, link.source)):
            with self._changing(end) as issue:
                issue.links.remove(link)
                item = edits.link_item(link.type, self._jira.issue(other).key,
                                       outward=end == link.source, gone=True)  # fmt: skip
                entry = self._record(issue, actor, [item])
            self._updated(issue, actor, entry)


def _named(name: str, among: Sequence[str] | dict[str, Any]) -> str:
    """The name, or a LookupError that lists what there is."""
    if name not in among:
        raise LookupError(f"{name!r} is none of {', '.join(among)}")
    return name
