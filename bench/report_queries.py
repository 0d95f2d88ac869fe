"""The main table of each report as somebody would write it by hand, in one PostgreSQL statement.

They read the facts, no kept sums, and are of the twelve months before `until`: what a report is
measured against (`bench.run_reports`).
"""

FUNNEL = """
SELECT c.campaign_id, e.stage, count(*)
FROM funnel_stageentry b
JOIN funnel_stageentry e ON e.lead_id = b.lead_id
JOIN leads_lead c ON c.id = b.lead_id
WHERE b.stage = 'lead' AND b.at >= %(since)s AND b.at < %(until)s
GROUP BY 1, 2
"""

VELOCITY = """
WITH stays AS (
    SELECT stage, at - lag(at) OVER (PARTITION BY lead_id ORDER BY at) AS stay, at
    FROM funnel_stageentry
)
SELECT stage, count(*), percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY stay)
FROM stays WHERE stay IS NOT NULL AND at >= %(since)s AND at < %(until)s GROUP BY 1
UNION ALL
SELECT owner_id::text, count(*) FILTER (WHERE status = 'won'),
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY closed_at - created_at)
FROM deals_deal
WHERE status IN ('won', 'lost') AND closed_at >= %(since)s AND closed_at < %(until)s GROUP BY 1
"""

RESPONSE = """
SELECT rep_id, count(*), count(*) FILTER (WHERE answered_at <= due_at),
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY answer_minutes),
       percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY routed_at - opened_at)
FROM funnel_handoff
WHERE answered_at >= %(since)s AND answered_at < %(until)s GROUP BY 1
"""

ACTIVITY = """
SELECT a.by_id, count(*) FILTER (WHERE kind = 'call'), count(*) FILTER (WHERE kind = 'email'),
       count(*) FILTER (WHERE kind = 'meeting'), count(*) FILTER (WHERE kind = 'demo'),
       count(*) FILTER (WHERE outcome = 'reached'), count(DISTINCT a.lead_id)
FROM activities_activity a
WHERE a.at >= %(since)s AND a.at < %(until)s GROUP BY 1
"""

ATTRIBUTION = """
WITH points AS (
    SELECT d.id, d.amount_minor AS amount, t.channel_id, d.closed_at - t.at AS age,
           row_number() OVER (PARTITION BY d.id ORDER BY t.at, t.id) AS place,
           count(*) OVER (PARTITION BY d.id) AS places
    FROM deals_deal d JOIN campaigns_touch t ON t.lead_id = d.lead_id AND t.at <= d.closed_at
    WHERE d.status = 'won' AND d.closed_at >= %(since)s AND d.closed_at < %(until)s
), weighed AS (
    SELECT *, power(2, -extract(epoch FROM age) / 604800) AS weight FROM points
)
SELECT channel_id, count(DISTINCT id),
       sum(amount) FILTER (WHERE place = 1), sum(amount) FILTER (WHERE place = places),
       sum(amount::numeric / places), sum(amount * weight / whole),
       sum(amount * CASE WHEN place IN (1, places) THEN 0.4 ELSE 0.2 / greatest(places - 2, 1) END)
FROM (SELECT *, sum(weight) OVER (PARTITION BY id) AS whole FROM weighed) shares GROUP BY 1
"""

RETURN = """
WITH reached AS (
    SELECT l.campaign_id, count(*) AS leads,
           count(*) FILTER (WHERE EXISTS (SELECT 1 FROM funnel_stageentry e
                                          WHERE e.lead_id = l.id AND e.stage = 'mql')) AS mqls,
           count(*) FILTER (WHERE l.stage = 'customer') AS customers
    FROM leads_lead l GROUP BY 1
), money AS (
    SELECT l.campaign_id, sum(d.amount_minor) FILTER (WHERE d.status = 'won') AS won,
           sum(d.amount_minor) FILTER (WHERE d.status = 'open') AS pipeline
    FROM deals_deal d JOIN leads_lead l ON l.id = d.lead_id GROUP BY 1
), spent AS (SELECT campaign_id, sum(amount_minor) AS spend FROM campaigns_spend GROUP BY 1)
SELECT * FROM reached LEFT JOIN money USING (campaign_id) LEFT JOIN spent USING (campaign_id)
"""

LEAKS = """
SELECT 'ownerless', count(*), max(%(until)s - stage_since) FROM leads_lead
WHERE stage = 'mql' AND owner_id IS NULL
UNION ALL
SELECT 'unanswered', count(*), max(%(until)s - due_at) FROM funnel_handoff
WHERE outcome = 'waiting' AND due_at < %(until)s
UNION ALL
SELECT 'uncontacted', count(*), max(%(until)s - answered_at) FROM funnel_handoff h
JOIN leads_lead l ON l.id = h.lead_id
WHERE l.stage = 'sal' AND h.outcome = 'accepted' AND h.first_contact_at IS NULL
UNION ALL
SELECT 'bare', count(*), max(%(until)s - stage_since) FROM deals_deal d
WHERE status = 'open' AND NOT EXISTS (SELECT 1 FROM activities_followup f
                                      WHERE f.deal_id = d.id AND f.done_at IS NULL)
"""

FORECAST = """
SELECT owner_id, stage_id, status, count(*), sum(amount_minor) FROM deals_deal
WHERE status = 'open' OR (status = 'won' AND closed_at >= %(until)s - interval '1 month')
GROUP BY 1, 2, 3
"""

ALIGNMENT = """
SELECT date_trunc('month', opened_at), count(*), count(*) FILTER (WHERE outcome = 'accepted'),
       count(*) FILTER (WHERE answered_at <= due_at)
FROM funnel_handoff WHERE opened_at >= %(since)s AND opened_at < %(until)s GROUP BY 1
"""

FEEDBACK = """
SELECT l.campaign_id, v.reason_id, v.kind, count(*), count(*) FILTER (WHERE v.good_lead)
FROM funnel_verdict v JOIN leads_lead l ON l.id = v.lead_id
WHERE v.at >= %(since)s AND v.at < %(until)s AND v.withdrawn_at IS NULL GROUP BY 1, 2, 3
"""

LEARNING = """
SELECT line ->> 'label', count(*), count(*) FILTER (WHERE l.stage = 'customer'),
       count(*) FILTER (WHERE l.stage IN ('lost', 'recycled', 'disqualified'))
FROM funnel_handoff h JOIN leads_lead l ON l.id = h.lead_id,
     jsonb_array_elements(h.evidence -> 'lines') line
WHERE h.opened_at >= %(since)s AND h.opened_at < %(until)s GROUP BY 1
UNION ALL
SELECT c.industry, count(*), count(*) FILTER (WHERE l.stage = 'customer'),
       count(*) FILTER (WHERE l.stage IN ('lost', 'recycled', 'disqualified'))
FROM funnel_handoff h JOIN leads_lead l ON l.id = h.lead_id
JOIN leads_company c ON c.id = l.company_id
WHERE h.opened_at >= %(since)s AND h.opened_at < %(until)s GROUP BY 1
"""

PLAN = """
SELECT e.stage, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY e.at - b.at)
FROM funnel_stageentry b JOIN funnel_stageentry e ON e.lead_id = b.lead_id
WHERE b.stage = 'lead' AND b.at >= %(since)s AND b.at < %(until)s GROUP BY 1
UNION ALL
SELECT 'amount', count(*), make_interval(secs => avg(amount_minor)::float8 / 100000)
FROM deals_deal WHERE status = 'won' AND closed_at >= %(since)s AND closed_at < %(until)s
"""

BY_HAND = {
    "funnel": FUNNEL,
    "velocity": VELOCITY,
    "response": RESPONSE,
    "activity": ACTIVITY,
    "attribution": ATTRIBUTION,
    "return": RETURN,
    "leaks": LEAKS,
    "forecast": FORECAST,
    "alignment": ALIGNMENT,
    "feedback": FEEDBACK,
    "learning": LEARNING,
    "plan": PLAN,
}
"""By the report's name. A report without one is measured against the ten times smaller company."""
