"""Runs keep their kind and trigger under the new words."""

from django.db import migrations

WORDS = (("kind", "renormalise", "remap"), ("trigger", "connected", "initial"))


def rename(apps, schema_editor):
    runs = apps.get_model("integrations", "SyncRun").objects
    for column, old, new in WORDS:
        runs.filter(**{column: old}).update(**{column: new})


def rename_back(apps, schema_editor):
    runs = apps.get_model("integrations", "SyncRun").objects
    for column, old, new in WORDS:
        runs.filter(**{column: new}).update(**{column: old})


class Migration(migrations.Migration):
    dependencies = [("integrations", "0010_records_seen")]

    operations = [migrations.RunPython(rename, rename_back)]
