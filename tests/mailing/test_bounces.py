"""What servers say of an address, and what we make of it: in doubt it is not dead."""

import pytest

from crm.mailing.bounces import Bounce, Phase, classify

DEAD, FULL, FOR_NOW, BLOCKED, UNCLEAR = Bounce
RCPT, CONTENT, REPORT = Phase


@pytest.mark.parametrize(
    ("said", "phase", "means"),
    [
        ("550 5.1.1 <ana@x.com>: Recipient address rejected: User unknown", RCPT, DEAD),
        ("550-5.1.1 The email account that you tried to reach does not exist.", RCPT, DEAD),
        ("smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found", REPORT, DEAD),
        ("550 5.2.1 The email account that you tried to reach is inactive.", RCPT, DEAD),
        ("550 5.1.2 bad destination mailbox: domain not found", REPORT, DEAD),
        ("550 No such user here", RCPT, DEAD),
        ("550 Requested action not taken: mailbox unavailable", RCPT, DEAD),
        ("554 delivery error: dd This user doesn't have a yahoo.com account", CONTENT, DEAD),
        ("511 unknown user", RCPT, DEAD),
        ("552 5.2.2 Over quota", RCPT, FULL),
        ("452 4.2.2 The email account is over quota", RCPT, FULL),
        ("550 Mailbox full", RCPT, FULL),
        ("450 4.2.1 too much mail at the moment", RCPT, FOR_NOW),
        ("421 try again later", REPORT, FOR_NOW),
        ("smtp; 451 4.7.1 Greylisted", REPORT, FOR_NOW),
        ("550 5.7.1 Our system has detected that this message is likely spam", RCPT, BLOCKED),
        ("550 5.7.606 Access denied, banned sending IP [192.0.2.1]", RCPT, BLOCKED),
        ("550 5.7.26 DMARC policy", RCPT, BLOCKED),
        ("550 blocked using zen.spamhaus.org", RCPT, BLOCKED),
        ("550 5.1.1 rejected: your IP is on a blocklist", RCPT, BLOCKED),
        ("550 5.1.8 sender address rejected: domain not found", RCPT, BLOCKED),
        ("554 5.6.0 message content rejected", CONTENT, BLOCKED),
        ("554 transaction failed", CONTENT, BLOCKED),
        ("553 relaying denied", RCPT, BLOCKED),
        ("550 5.4.1 Recipient address rejected: Access denied", RCPT, UNCLEAR),
        ("550 5.1.0 Address rejected", RCPT, UNCLEAR),
        ("550 5.3.0 something went wrong", RCPT, UNCLEAR),
        ("554 something", RCPT, UNCLEAR),
        ("550 something", REPORT, UNCLEAR),
        ("", REPORT, UNCLEAR),
        ("connection from 5.1.1.2 refused", REPORT, UNCLEAR),
        ("ana550@x.com was refused", RCPT, UNCLEAR),
    ],
)
def test_a_refusal_is_read_by_its_code_and_in_doubt_not_as_dead(said, phase, means):
    assert classify(said, phase) is means


def test_codes_beside_the_words_count_before_those_in_them():
    assert classify("see RFC, section 5.1.1", REPORT, enhanced="5.7.1") is BLOCKED
    assert classify("mailbox unavailable", RCPT, code=450) is FOR_NOW


def test_reading_takes_time_in_proportion_to_what_is_said():
    for word in ("5.", "5.1.", "user ", "no such ", "a@", "550", "mailbox"):
        assert classify(word * 200_000, REPORT)
