"""What administrators change: no `updated` moves, no changelog tells of it, nobody is told."""

import msgspec

from .model import Account, Project
from .mutation_log import Pen, alone
from .scheme import CATEGORIES, Status


class Administration(Pen):
    """Changes to a project's settings that its issues show at once."""

    @alone
    def rename_status(self, project: str, *, status: str, to: str) -> Status:
        return self._set_status(project, status, name=to)

    @alone
    def recategorise_status(self, project: str, *, status: str, category: str) -> Status:
        """`category`: new, indeterminate or done."""
        found = next((each for each in CATEGORIES if each.key == category), None)
        if found is None:
            raise LookupError(f"{category!r} is none of new, indeterminate, done")
        return self._set_status(project, status, category=found)

    @alone
    def rename_component(self, project: str, *, component: str, to: str) -> int:
        """How many issues show it."""
        return self._replace_component(project, component, to)

    @alone
    def remove_component(self, project: str, *, component: str, move_to: str = "") -> int:
        """Its issues go to another component, or to none. How many there were."""
        return self._replace_component(project, component, move_to)

    @alone
    def rename_account(self, login: str, *, name: str) -> Account:
        account = self._jira.accounts.rename(login, name)
        for issue in self._jira.issues.values():
            self._jira.touched(issue)
        return account

    def _set_status(self, project_key: str, status: str, **changes: object) -> Status:
        project = self._jira.project(project_key)
        first = project.first_name(status)
        changed = msgspec.structs.replace(project.statuses[first], **changes)
        project.statuses[first] = changed
        self._show_anew(project)
        return changed

    def _replace_component(self, project_key: str, component: str, to: str) -> int:
        project, count = self._jira.project(project_key), 0
        for issue in self._jira.issues.values():
            if issue.project == project.key and component in issue.components:
                named = (to if each == component else each for each in issue.components)
                issue.components = [*dict.fromkeys(each for each in named if each)]
                count += 1
        self._show_anew(project)
        return count

    def _show_anew(self, project: Project) -> None:
        for issue in self._jira.issues.values():
            if issue.project == project.key:
                self._jira.touched(issue)
