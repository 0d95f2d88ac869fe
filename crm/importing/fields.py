"""What a file's columns can be mapped to, and the guess which column is which."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from campaigns.models import Touch
from crm.importing import refusals, values
from crm.importing.models import Import
from crm.importing.values import Context
from crm.stages import Stage
from leads.normalising import domain_name, many_lines

Parser = Callable[[str, Context], Any]


@dataclass(frozen=True)
class Field:
    """One thing that a column can be. `synonyms` are headers, in lower case with underscores."""

    name: str
    label: str
    parse: Parser
    group: str = "Who"
    synonyms: tuple[str, ...] = ()
    stage: Stage | None = None
    is_date: bool = False
    is_amount: bool = False


def text(most: int) -> Parser:
    return lambda value, context: values.text(value, most)


def plain(function: Callable[[str], Any]) -> Parser:
    return lambda value, context: function(value)


def signed_amount(value: str, context: Context) -> int:
    return values.signed_amount(value, context.currency, context.decimal_sign)


def amount(value: str, context: Context) -> int:
    return values.amount(value, context.currency, context.decimal_sign)


REACHED = {
    Stage.LEAD: "Became a lead on",
    Stage.SAL: "Accepted by sales (SAL) on",
    Stage.OPPORTUNITY: "Became an opportunity on",
    Stage.CUSTOMER: "Became a customer on",
    Stage.RECYCLED: "Recycled on",
    Stage.DISQUALIFIED: "Disqualified on",
    Stage.LOST: "Lost on",
}


def dated(stage: Stage, *synonyms: str) -> Field:
    """Return the field of the date on which a lead reached `stage`."""
    label = REACHED.get(stage, f"Became {stage.label} on")
    return Field(
        f"{stage.value}_at", label, values.past_moment, "History", synonyms, stage, is_date=True
    )


def stage_name(value: str, context: Context) -> Stage:
    bare = value.strip().lower()
    for stage in Stage:
        if bare in (stage.value, stage.label.lower()):
            return stage
    raise ValueError(f"“{values.shown(value)}” is not a stage of the funnel.")


def touch_kind(value: str, context: Context) -> Touch.Kind:
    """Return the kind of response by its name or label, in any case: “Webinar attended”."""
    bare = " ".join(value.lower().replace("_", " ").split())
    for kind in Touch.Kind:
        if bare in (kind.value.replace("_", " "), kind.label.lower()):
            return kind
    known = ", ".join(str(kind.label) for kind in Touch.Kind)
    raise ValueError(f"“{values.shown(value)}” is not a kind of touch. There are: {known}.")


IDENTITY = Field(
    "external_id", "External ID", plain(values.external_id), "Who",
    ("external_id", "id", "record_id", "lead_id", "mql_id", "contact_id", "uuid"),
)  # fmt: skip
COMPANY = Field(
    "company", "Company", text(200), "Company",
    ("company", "company_name", "organisation", "organization", "account", "account_name",
     "associated_company", "firma", "empresa"),
)  # fmt: skip
OWNER = Field(
    "owner", "Owner", text(120), "Who",
    ("owner", "lead_owner", "contact_owner", "rep", "sales_rep"),
)  # fmt: skip

LEAD_FIELDS = (
    IDENTITY,
    Field("name", "Name", text(200), "Who",
          ("name", "full_name", "contact_name", "lead_name", "contact", "person_name")),
    Field("given_name", "Given name", text(200), "Who",
          ("given_name", "first_name", "firstname", "forename", "vorname", "prenom",
           "person_first_name")),
    Field("family_name", "Family name", text(200), "Who",
          ("family_name", "last_name", "lastname", "surname", "nachname", "nom", "apellido",
           "person_last_name")),
    Field("form_of_address", "Form of address", text(60), "Who",
          ("form_of_address", "salutation", "anrede", "civilite", "honorific", "name_prefix")),
    Field("email", "E-mail", plain(values.email), "Who",
          ("email", "e_mail", "mail", "email_address", "e_mail_address", "work_email")),
    Field("more_emails", "More e-mail addresses", plain(values.emails), "Who",
          ("more_emails", "additional_email_addresses", "other_emails", "other_email",
           "secondary_email", "email_2", "email_home", "email_other", "private_email")),
    Field("phone", "Phone", plain(values.phone), "Who",
          ("phone", "phone_number", "telephone", "tel", "phone_work", "work_phone",
           "business_phone", "mobile", "mobile_phone")),
    Field("more_phones", "More phone numbers", plain(values.phones), "Who",
          ("more_phones", "other_phone", "mobile_phone_number", "mobile_phone", "mobile",
           "phone_mobile", "phone_2", "phone_home", "phone_other", "home_phone")),
    Field("job_title", "Job title", text(120), "Who", ("job_title", "title", "position", "role")),
    Field("country", "Country", plain(values.country), "Who",
          ("country", "country_code", "country_region", "land")),
    OWNER,
    COMPANY,
    Field("domain", "Company domain", plain(domain_name), "Company",
          ("domain", "company_domain", "website", "company_domain_name", "web_site")),
    Field("industry", "Company industry", text(80), "Company",
          ("industry", "company_industry", "sector", "business_segment")),
    Field("size", "Company size", plain(values.company_size), "Company",
          ("size", "company_size", "employees", "number_of_employees", "headcount")),
    Field("company_country", "Company country", plain(values.country), "Company",
          ("company_country",)),
    Field("channel", "Channel", text(80), "Marketing",
          ("channel", "origin", "source", "lead_source", "original_source", "utm_medium")),
    Field("campaign", "Campaign", text(200), "Marketing",
          ("campaign", "campaign_name", "utm_campaign", "landing_page_id", "landing_page")),
    Field("consent", "May receive marketing mail", plain(values.consent), "Marketing",
          ("consent", "opt_in", "opted_in", "marketing_consent", "newsletter", "subscribed")),
    Field("opted_out", "Opted out of marketing mail", values.opted_out, "Marketing",
          ("opted_out", "opt_out", "unsubscribed", "email_opt_out", "hasoptedoutofemail",
           "has_opted_out_of_email", "unsubscribed_from_all_email")),
    Field("notes", "Notes", plain(many_lines), "Marketing",
          ("notes", "note", "comment", "comments", "description")),
    Field("stage", "Stage now", stage_name, "History", ("stage", "lifecycle_stage")),
    dated(Stage.LEAD, "created_at", "lead_at", "created", "create_date", "created_date",
          "date_created", "creation_date", "signup_date"),
    dated(Stage.MQL, "mql_at", "mql", "mql_date", "became_mql", "first_contact_date",
          "became_a_marketing_qualified_lead_date"),
    dated(Stage.SAL, "sal_at", "sal", "sal_date", "accepted_at"),
    dated(Stage.SQL, "sql_at", "sql", "sql_date", "became_sql", "qualified_at",
          "became_a_sales_qualified_lead_date"),
    dated(Stage.OPPORTUNITY, "opportunity_at", "opportunity_date",
          "became_an_opportunity_date"),
    dated(Stage.CUSTOMER, "customer_at", "customer_date", "became_a_customer_date", "won_at"),
    dated(Stage.RECYCLED, "recycled_at", "recycled_date"),
    dated(Stage.DISQUALIFIED, "disqualified_at", "disqualified_date", "unqualified_at"),
    dated(Stage.LOST, "lost_at", "lost_date"),
)  # fmt: skip

LEAD = ("lead_id", "mql_id", "contact_id", "lead_external_id", "lead_email",
        "contact_email", "email", "lead", "associated_contact")  # fmt: skip
DEAL_FIELDS = (
    Field("lead", "Lead (its external ID or e-mail)", text(254), "Deal", LEAD),
    Field("external_id", "External ID", plain(values.external_id), "Deal",
          ("external_id", "deal_id", "id", "record_id", "opportunity_id", "seller_id")),
    Field("name", "Name", text(200), "Deal",
          ("name", "deal", "deal_name", "opportunity", "opportunity_name", "title")),
    Field("company", "Company", text(200), "Deal", COMPANY.synonyms),
    Field("amount", "Amount", lambda value, context: value, "Money",
          ("amount", "value", "deal_value", "deal_amount", "revenue", "price"), is_amount=True),
    Field("currency", "Currency", plain(values.currency), "Money",
          ("currency", "currency_code", "deal_currency")),
    Field("owner", "Owner", text(120), "People",
          ("owner", "deal_owner", "rep", "sales_rep", "sr_id", "closed_by")),
    Field("qualified_by", "Qualified by", text(120), "People",
          ("qualified_by", "sdr", "sdr_id", "qualifier")),
    Field("pipeline", "Pipeline", text(80), "Place", ("pipeline",)),
    Field("stage", "Stage of the pipeline", text(80), "Place", ("stage", "deal_stage")),
    Field("close_on", "Expected close", values.day, "Place",
          ("close_on", "expected_close", "expected_close_date", "close_date"), is_date=True),
    Field("created_at", "Opened on", values.past_moment, "History",
          ("created_at", "created", "create_date", "created_date", "opened_at"), is_date=True),
    Field("won_at", "Won on", values.past_moment, "History",
          ("won_at", "won_date", "won_time", "won"), is_date=True),
    Field("lost_at", "Lost on", values.past_moment, "History",
          ("lost_at", "lost_date", "lost_time"), is_date=True),
    Field("lost_reason", "Lost because", text(80), "History",
          ("lost_reason", "closed_lost_reason", "loss_reason")),
    Field("good_lead", "Was this a good lead?", plain(values.boolean), "History",
          ("good_lead",)),
)  # fmt: skip

CAMPAIGN = ("campaign", "campaign_name", "utm_campaign", "campaign_id")
SPEND_FIELDS = (
    Field("campaign", "Campaign (its external ID or name)", text(200), "Spend", CAMPAIGN),
    Field("day", "Day", values.day, "Spend",
          ("day", "date", "spent_on", "invoice_date"), is_date=True),
    Field("amount", "Amount, with a minus for a refund", signed_amount, "Spend",
          ("amount", "spend", "cost", "costs", "amount_spent", "total"), is_amount=True),
    Field("note", "Note", text(200), "Spend", ("note", "notes", "description", "comment")),
    Field("external_id", "External ID", plain(values.external_id), "Spend",
          ("external_id", "id", "invoice", "invoice_number", "transaction_id")),
)  # fmt: skip
COUNTS = {
    "sessions": ("Sessions", ("sessions", "visits")),
    "visitors": ("Visitors", ("visitors", "users", "unique_visitors")),
    "impressions": ("Impressions", ("impressions", "views", "reach")),
    "clicks": ("Clicks", ("clicks", "link_clicks")),
    "followers": ("Followers", ("followers", "subscribers", "fans")),
    "likes": ("Likes", ("likes", "reactions")),
    "comments": ("Comments", ("comments", "replies")),
    "shares": ("Shares", ("shares", "reposts", "retweets")),
}
METRIC_FIELDS = (
    Field("week", "Week (any day of it)", values.day, "Which",
          ("week", "week_of", "date", "day", "week_start"), is_date=True),
    Field("channel", "Channel", text(80), "Which", ("channel", "source", "platform", "network")),
    Field("campaign", "Campaign (its external ID or name)", text(200), "Which", CAMPAIGN),
    *(Field(name, label, plain(values.count), "Numbers", synonyms)
      for name, (label, synonyms) in COUNTS.items()),
    Field("spend", "Spend", amount, "Numbers", ("spend", "cost", "costs", "amount_spent"),
          is_amount=True),
)  # fmt: skip

TOUCH_FIELDS = (
    Field("lead", "Lead (its external ID or e-mail)", text(254), "Who", LEAD),
    Field("external_id", "External ID", plain(values.external_id), "Who",
          ("external_id", "id", "touch_id", "activity_id", "event_id", "record_id")),
    Field("kind", "What the lead did", touch_kind, "What",
          ("kind", "type", "activity", "activity_type", "touch", "touch_type", "response")),
    Field("at", "When", values.past_moment, "What",
          ("at", "when", "date", "time", "timestamp", "occurred_at", "activity_date"),
          is_date=True),
    Field("detail", "Detail", text(250), "What",
          ("detail", "details", "description", "subject", "page", "url", "note", "notes")),
    Field("campaign", "Campaign (its external ID or name)", text(200), "Marketing", CAMPAIGN),
    Field("channel", "Channel", text(80), "Marketing",
          ("channel", "source", "utm_medium", "origin")),
)  # fmt: skip

FIELDS = {
    Import.Kind.LEADS: LEAD_FIELDS,
    Import.Kind.DEALS: DEAL_FIELDS,
    Import.Kind.SPEND: SPEND_FIELDS,
    Import.Kind.METRICS: METRIC_FIELDS,
    Import.Kind.TOUCHES: TOUCH_FIELDS,
}
ALIASES = {"created_at": "lead_at"}
"""Other names that the command takes for a lead's fields."""

CONSENT, OPTED_OUT = "consent", "opted_out"
REFUSALS = (
    "“{}” names those who do not want mail, so it cannot give consent. "
    "Match it with “Opted out of marketing mail”."
)
ONE_OF: dict[str, tuple[tuple[str, ...], ...]] = {
    Import.Kind.LEADS: (("external_id", "email", "name", "given_name", "family_name"),),
    Import.Kind.DEALS: (("lead",),),
    Import.Kind.SPEND: (("campaign",), ("day",), ("amount",)),
    Import.Kind.METRICS: (("week",), ("channel", "campaign"), (*COUNTS, "spend")),
    Import.Kind.TOUCHES: (("lead",), ("kind",), ("at",)),
}
"""Of each of these groups at least one must be mapped."""


class NotMappable(ValueError):
    """The mapping names a field or column that does not exist, or lacks what is required."""


def field_named(kind: str, name: str) -> Field | None:
    if kind == Import.Kind.LEADS:
        name = ALIASES.get(name, name)
    return next((field for field in FIELDS[Import.Kind(kind)] if field.name == name), None)


def checked_mapping(kind: str, mapping: dict[str, str], columns: list[str]) -> dict[str, str]:
    """Return the mapping with the fields' own names. Raises NotMappable if it cannot be used."""
    checked, fields = {}, FIELDS[Import.Kind(kind)]
    for name, column in mapping.items():
        field = field_named(kind, name)
        if field is None:
            known = ", ".join(field.name for field in fields)
            raise NotMappable(f"There is no field “{name}”. There are: {known}.")
        if column not in columns:
            raise NotMappable(f"The file has no column “{column}”. It has: {', '.join(columns)}.")
        if field.name == CONSENT and refusals.is_refusal(column):
            raise NotMappable(REFUSALS.format(column))
        checked[field.name] = column
    for needed in ONE_OF[Import.Kind(kind)]:
        if not checked.keys() & set(needed):
            labels = " or ".join(field.label for field in fields if field.name in needed)
            raise NotMappable(f"Choose a column for: {labels}.")
    return checked
