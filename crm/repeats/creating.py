"""The addresses whose POST makes a record: each form sent to them counts once.

What only changes a record is not here: a change knows by itself that it came before, and switching
something on, off and on again from one page is three acts. Nor is the upload of an import, which
takes long: the same file that waits already is taken (crm.importing.uploads.receive_once). No
view here computes for long: on SQLite it holds the write lock meanwhile.

tests/repeats walks every address of the application and fails where a POST makes a second record
and is not named here.
"""

ADDRESSES = """
    activities:follow-up-create activities:log activities:plan activities:plan-next
    campaigns:channel-create campaigns:clone campaigns:create campaigns:rule-create
    campaigns:spend-create campaigns:touch-create
    capture:create capture:link-create
    correspondence:compose correspondence:make-lead correspondence:template-create
    deals:contact-add deals:convert deals:file-add deals:lost-reason-create
    deals:pipeline-create deals:pipeline-stage-create deals:plan-next
    funnel:definition-create funnel:lead-create funnel:reason-create funnel:routing-create
    leads:company-create leads:view-create
    negotiation:create
    newsletters:copy newsletters:create newsletters:suppress newsletters:test
    planning:adopt
    playbooks:create playbooks:deal-start playbooks:lead-start playbooks:step-create
    quotes:create quotes:product-create quotes:send
    reports:save
    segments:bulk-add segments:create segments:create-static segments:freeze
    sequences:add sequences:create sequences:step-create
    users:add-absence users:add-holiday users:create users:create-team users:invite
"""
CREATING = frozenset(ADDRESSES.split())
