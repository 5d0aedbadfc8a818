from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0004_mail_confirmations")]

    operations = [migrations.RenameField("alertdelivery", "milliseconds", "duration_ms")]
