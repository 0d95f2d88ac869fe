"""Every page of the menu, by who opens it. Used to look at pages, and to test them.

A path that begins with `first:` stands for the first record of that list; after a blank, for that
part of the record.
"""

from playwright.sync_api import Page, Response

PAGES = [
    ("rita@example.com", ["/", "/handoff/", "/handoff/?tab=rejected", "/leads/", "/deals/",
                          "/deals/?view=list", "/activities/",
                          "/activities/calendar/", "/activities/calendar/?view=month",
                          "/follow-ups/new/", "/activities/new/", "/companies/", "/notifications/",
                          "/leads/new/", "first:/leads/", "first:/deals/?view=list",
                          "first:/deals/?view=list&sort=created quote/",
                          "first:/deals/?view=list&sort=created negotiation/",
                          "first:/deals/?view=list&sort=created qualification/",
                          "first:/leads/?stage=sal convert/",
                          "first:/leads/?stage=sal playbook/start/",
                          "first:/companies/", "/search/?q=ana", "/profile/",
                          "/mail/", "first:/mail/", "first:/mail/?view=decide",
                          "/mail/?view=unmatched", "first:/mail/?view=unmatched",
                          "/settings/mail-templates/", "/settings/mail-templates/new/",
                          "/profile/mail/"]),
    ("mira@example.com", ["/", "/campaigns/", "first:/campaigns/",
                          "/campaigns/12/", "/campaigns/18/", "/campaigns/12/?tab=members",
                          "/campaigns/12/?tab=assets",
                          "/campaigns/7/metrics/", "/channels/", "/channels/?by=month",
                          "/channels/metrics/", "/campaigns/new/", "/feedback/",
                          "/reports/", "/reports/funnel/", "/reports/definitions/", "/alignment/",
                          "/reports/attribution/", "/reports/return/", "/reports/response/",
                          "/reports/funnel/save/", "/imports/", "/imports/new/",
                          "/sequences/", "first:/sequences/?state=live", "/sequences/new/",
                          "/newsletters/", "/newsletters/new/", "first:/newsletters/",
                          "first:/newsletters/?view=sent", "/newsletters/suppressed/",
                          "/settings/commitments/", "/settings/scoring/",
                          "/settings/scoring/versions/",
                          "/settings/scoring/new/fit/", "/segments/", "first:/segments/",
                          "/segments/new/", "/segments/new-static/", "/segments/2/edit/",
                          "/settings/channels/",
                          "/forms/", "first:/forms/", "/forms/new/", "/utm/", "/website/",
                          "/website/install/"]),
    ("sam@example.com", ["/", "/forecast/", "/forecast/?span=quarter&by=teams", "/forecast/days/",
                         "/forecast/deals/", "/targets/", "/rebalance/", "/alignment/",
                         "/alignment/targets/in_time/", "/reports/activity/",
                         "/reports/velocity/?compare=before", "/reports/leaks/",
                         "/reports/feedback/", "/learning/", "/plan/"]),
    ("alex@example.com", ["/settings/", "/audit/", "/system/", "/mailbox/", "/settings/people/",
                          "/settings/teams/", "/settings/organisation/", "/settings/definition/",
                          "/settings/reasons/", "/settings/routing/", "/settings/pipelines/",
                          "/settings/products/", "/settings/products/new/", "/settings/quotes/",
                          "/settings/lost-reasons/", "/settings/playbooks/",
                          "/deals/4/", "/deals/4/files/",
                          "/deals/4/history/", "/deals/4/move/", "/deals/4/contacts/add/"]),
]  # fmt: skip
FORMS = [
    ("", ["/login/", "/password/reset/", "/password/reset/sent/"]),
    ("rita@example.com", ["first:/leads/ edit/", "/leads/filters/",
                          "/leads/views/", "/leads/views/new/", "first:/leads/ peek/",
                          "/companies/new/", "first:/companies/ edit/", "/handoff/50/",
                          "/password/change/"]),
    ("mira@example.com", ["first:/leads/ edit/", "first:/leads/ consent/", "/leads/new/",
                          "first:/leads/?stage=lead", "/campaigns/12/?tab=spend",
                          "/campaigns/12/?tab=touches", "/campaigns/12/?tab=feedback",
                          "/campaigns/12/?tab=activity", "/campaigns/12/edit/",
                          "/campaigns/12/spend/new/", "/campaigns/touches/new/",
                          "/settings/channels/new/", "/feedback/?view=all"]),
    ("alex@example.com", ["/", "/handoff/", "/leads/assign/?ids=1&ids=2",
                          "/mailbox/?view=failed", "/settings/people/new/",
                          "/settings/people/4/edit/", "/settings/people/4/work/",
                          "/settings/teams/new/", "/settings/definition/new/",
                          "/settings/reasons/new/", "/settings/reasons/1/edit/",
                          "/settings/routing/new/", "/settings/routing/1/edit/",
                          "/settings/routing/test/?lead=ana"]),
    ("vera@example.com", ["/", "/leads/", "first:/leads/", "/campaigns/", "/handoff/"]),
]  # fmt: skip
"""Forms, parts and pages that few open: looked at by `make e2e`, not with every run of the suite.
Nobody has logged in where no address is named."""

SIZES = [(1440, 900, "light"), (390, 844, "dark"), (1440, 900, "dark"), (390, 844, "light")]
SMALL = """() => {
    const targets = 'a[href], button, input, select, textarea';
    const size = el => {
        const box = el.getBoundingClientRect();
        const label = el.labels && el.labels[0] && el.labels[0].getBoundingClientRect();
        return ['width', 'height'].map(side => Math.max(box[side], label ? label[side] : 0));
    };
    const counts = el => {
        const style = getComputedStyle(el);
        const inSentence = style.display === 'inline' && el.closest('p, li, td, dd, .meta');
        const hidden = !el.getBoundingClientRect().width || style.visibility === 'hidden'
            || el.type === 'hidden'
            || el.closest('.visually-hidden, [hidden], .visually-hidden-focusable');
        return !inSentence && !hidden;
    };
    return [...document.querySelectorAll('main, header, nav')]
        .flatMap(part => [...part.querySelectorAll(targets)])
        .filter(el => counts(el) && Math.min(...size(el)) < 23.5)
        .map(el => `${el.tagName} ${el.className} ${(el.textContent || el.name || '').trim()}`
            .slice(0, 60) + ` ${size(el).map(Math.round).join('x')}`);
}"""
"""Script that names every target under 24 pixels; links inside a sentence are excepted."""


LOADED = """() => document.readyState === 'complete'
    && !document.querySelector('[hx-trigger^="load"] .skeleton')
    && !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added')"""
"""Script that says whether all parts that load themselves are there."""


def open_page(page: Page, path: str) -> Response | None:
    """Open a page of PAGES and wait until its parts have loaded."""
    name, _, of_list = path.partition(":")
    of_list, _, part = of_list.partition(" ")
    if name == "first":
        page.goto(of_list)
        path = page.locator("td.main a").first.get_attribute("href") or ""
        path = path.partition("?")[0] + part if part else path
    answer = page.goto(path)
    page.wait_for_function(LOADED)
    return answer
