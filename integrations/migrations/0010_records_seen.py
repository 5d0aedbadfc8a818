from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0009_incomplete_runs")]

    operations = [
        migrations.RenameField("syncrun", "seen", "records_seen"),
        migrations.AlterField(
            model_name="syncrun",
            name="kind",
            field=models.CharField(
                choices=[
                    ("incremental", "Incremental"),
                    ("census", "Census"),
                    ("targeted", "Targeted"),
                    ("remap", "Remap"),
                ],
                default="incremental",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="syncrun",
            name="trigger",
            field=models.CharField(
                choices=[
                    ("initial", "Initial"),
                    ("scheduled", "Scheduled"),
                    ("manual", "Manual"),
                    ("webhook", "Webhook"),
                ],
                max_length=16,
            ),
        ),
    ]
