from django.db import migrations, transaction

from crm.common.folding import phone_key, search_key, sort_key
from leads.names import split

AT_ONCE = 2000
LEADS = """
UPDATE leads_lead SET given_name = %s, family_name = %s, form_of_address = %s, search_key = %s,
sort_key = %s WHERE id = %s
"""
COMPANIES = "UPDATE leads_company SET search_key = %s, sort_key = %s WHERE id = %s"


def write_names_and_keys(apps, schema_editor):
    """Split and fold the names that are there, some at a time: nobody waits for all of them."""
    lead, company = apps.get_model("leads", "Lead"), apps.get_model("leads", "Company")
    named = ("pk", "name", "company__name", "email", "more_emails", "phone", "more_phones")
    for rows in chunks(lead.objects.filter(sort_key="", given_name="").values_list(*named)):
        run(schema_editor, LEADS, [of_lead(*row) for row in rows])
    for rows in chunks(company.objects.values_list("pk", "name", "domain", "phone")):
        run(schema_editor, COMPANIES, [of_company(*row) for row in rows])


def chunks(rows):
    last = 0
    while chunk := list(rows.order_by("pk").filter(pk__gt=last)[:AT_ONCE]):
        last = chunk[-1][0]
        yield chunk


def run(schema_editor, statement, values):
    with transaction.atomic(), schema_editor.connection.cursor() as cursor:
        cursor.executemany(statement, values)


def of_lead(pk, name, company, email, more_emails, phone, more_phones):
    words = search_key(name, company or "", email, more_emails)
    key = f"{words} {phone_key(phone, *more_phones.split(', '))}".strip()
    return (*split(name), key, sort_key(name), pk)


def of_company(pk, name, domain, phone):
    return f"{search_key(name, domain)} {phone_key(phone)}".strip(), sort_key(name), pk


class Migration(migrations.Migration):
    """Can be run again after it was cut short."""

    atomic = False
    dependencies = [("leads", "0009_search_and_sort_keys")]

    operations = [
        migrations.RunPython(write_names_and_keys, migrations.RunPython.noop, atomic=False),
    ]
