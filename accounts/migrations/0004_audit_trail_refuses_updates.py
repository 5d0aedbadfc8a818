"""The database itself refuses to change what the audit trail says, by whatever way it is asked.

Two things stay possible: deleting lines that are old, and giving a deleted account's name a
stand-in (`AuditEventQuerySet.forget_account`), with the address it came from left out.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

MESSAGE = "What the audit trail says is never changed."
FIXED = ("id", "at", "action", "actor_id", "project_id", "details", "request_id")
STAND_IN = "deleted account "


def _allowed(same: str, found: str) -> str:
    """`same`: how the database compares what may be null; `found`: its way of finding text."""
    return " AND ".join(
        [
            *(f"NEW.{column} {same} OLD.{column}" for column in FIXED),
            "NEW.address IN (OLD.address, '')",
            f"NEW.actor_name IN (OLD.actor_name, '{STAND_IN}' || OLD.actor_id)",
            f"(NEW.target = OLD.target OR {found}(NEW.target, '{STAND_IN}') > 0)",
        ]
    )


SQLITE = f"""
CREATE TRIGGER audit_trail_is_fixed BEFORE UPDATE ON accounts_auditevent
WHEN NOT ({_allowed("IS", "instr")})
BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END
"""
POSTGRESQL = (
    f"""
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '{MESSAGE}' USING ERRCODE = 'integrity_constraint_violation'; END $$
""",
    f"""
CREATE TRIGGER audit_trail_is_fixed BEFORE UPDATE ON accounts_auditevent
FOR EACH ROW WHEN (NOT ({_allowed("IS NOT DISTINCT FROM", "strpos")}))
EXECUTE FUNCTION refuse_audit_change()
""",
)


def add_trigger(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in POSTGRESQL if editor.connection.vendor == "postgresql" else (SQLITE,):
        editor.execute(statement)


def drop_trigger(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP TRIGGER audit_trail_is_fixed ON accounts_auditevent")
        editor.execute("DROP FUNCTION refuse_audit_change()")
    else:
        editor.execute("DROP TRIGGER audit_trail_is_fixed")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_names_in_the_admin")]

    operations = [migrations.RunPython(add_trigger, drop_trigger)]
