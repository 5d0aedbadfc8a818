"""Admin pages of DIIP's own tasks."""

from django.contrib import admin
from django.utils.safestring import SafeString

from accounts.admin_base.columns import age, as_json, display
from accounts.admin_base.pages import FactsAdmin
from monitoring.models import FailedTask, TaskTally


@admin.register(FailedTask)
class FailedTaskAdmin(FactsAdmin):
    list_display = ("task", "queue", "error", "message", "failures", "failed", "sent_again")
    list_filter = ("queue", ("failed_at", admin.DateFieldListFilter))
    search_fields = ("task", "error", "=id")
    ordering = ("-failed_at",)
    exclude = ("arguments",)
    readonly_fields = ("arguments_shown",)

    @display(description="failed", ordering="failed_at")
    def failed(self, task: FailedTask) -> SafeString | str:
        return age(task.failed_at)

    @display(description="sent again", ordering="sent_again_at")
    def sent_again(self, task: FailedTask) -> SafeString | str:
        return age(task.sent_again_at, nothing="-")

    @display(description="arguments")
    def arguments_shown(self, task: FailedTask) -> SafeString | str:
        return as_json(task.arguments)


@admin.register(TaskTally)
class TaskTallyAdmin(FactsAdmin):
    list_display = ("minute", "queue", "task", "succeeded", "failed", "mean", "longest", "waited")
    list_filter = (("minute", admin.DateFieldListFilter),)
    search_fields = ("task",)

    @display(description="mean")
    def mean(self, tally: TaskTally) -> str:
        return f"{tally.total_ms // _runs(tally):,} ms"

    @display(description="longest", ordering="longest_ms")
    def longest(self, tally: TaskTally) -> str:
        return f"{tally.longest_ms:,} ms"

    @display(description="mean wait")
    def waited(self, tally: TaskTally) -> str:
        return f"{tally.waited_ms // _runs(tally):,} ms"


def _runs(tally: TaskTally) -> int:
    return max(1, tally.succeeded + tally.failed)
