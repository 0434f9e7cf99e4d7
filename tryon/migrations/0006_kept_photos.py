from django.db import migrations, models


def keep_what_is_there(apps, editor):
    """Photos from before were taken in without a word about a day: they stay until their owners delete them."""
    apps.get_model("tryon", "Photo").objects.update(is_kept=True)


class Migration(migrations.Migration):

    dependencies = [
        ('tryon', '0005_garment_versions'),
    ]

    operations = [
        migrations.AddField(
            model_name='photo',
            name='is_kept',
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(keep_what_is_there, migrations.RunPython.noop),
    ]
