"""Issues that move, vanish, hide or are archived."""

from .edits import moved_items
from .model import Gone, Issue, Link, Project
from .mutation_log import Happening, Pen, Reference, alone
from .people import ME


class Whereabouts(Pen):
    """Changes of where an issue is and who sees it."""

    @alone
    def move(self, issue: Reference, *, to: str, actor: str = ME) -> Issue:
        """The key changes, the id stays; the old key goes on leading here."""
        jira = self._jira
        project = jira.project(to)
        if jira.issue(issue).project == project.key:
            raise ValueError(f"{issue} is in {project.key} already")
        with self._changing(issue) as moved:
            old = (jira.projects[moved.project], moved.key)
            moved.key, moved.project = self._next_key(project), project.key
            jira.aliases[old[1]] = jira.keys[moved.key] = moved.id
            jira.keys.pop(old[1])
            entry = self._record(moved, actor, moved_items(old, (project, moved.key)))
        return self._updated(moved, actor, entry)

    def _next_key(self, project: Project) -> str:
        project.next_number += 1
        return f"{project.key}-{project.next_number - 1}"

    @alone
    def delete(self, issue: Reference, *, actor: str = ME) -> None:
        """Gone for good, with its sub-tasks; its links end, and no key leads to it any more."""
        jira = self._jira
        gone = jira.issue(issue)
        for part in jira.children(gone):
            if part.type == "Sub-task":
                self.delete(part.id, actor=actor)
            else:
                part.parent = None
        jira.index.before(gone.id, gone)
        jira.touched(gone)
        for link in gone.links:
            self._forget(link, gone.id)
        jira.gone[gone.id] = Gone(jira.issues.pop(gone.id))
        jira.keys.pop(gone.key)
        jira.kin_changed()
        jira.index.after(gone.id, None)
        self._tell(Happening("jira:issue_deleted", gone, actor))

    def _forget(self, link: Link, gone: int) -> None:
        other = self._jira.issues.get(link.target if link.source == gone else link.source)
        if other:
            other.links.remove(link)

    @alone
    def hide(self, issue: Reference) -> Issue:
        """Behind a security level: 404, and absent from searches, for whoever may not see it."""
        return self._set(issue, "hidden", value=True)

    @alone
    def show(self, issue: Reference) -> Issue:
        return self._set(issue, "hidden", value=False)

    @alone
    def archive(self, issue: Reference) -> Issue:
        """Absent from searches; reading it by its id still works."""
        return self._set(issue, "archived", value=True)

    @alone
    def restore(self, issue: Reference) -> Issue:
        return self._set(issue, "archived", value=False)

    def _set(self, issue: Reference, what: str, *, value: bool) -> Issue:
        with self._changing(issue) as found:
            setattr(found, what, value)
        return found
