from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_names_in_the_admin")]

    operations = [
        migrations.AddField("spike", "window_first_day", models.DateField(null=True)),
        migrations.AddField("spike", "window_last_day", models.DateField(null=True)),
        migrations.AddField("spike", "people", models.IntegerField(null=True)),
    ]
