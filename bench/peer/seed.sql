-- A company of DjangoCRM's with %(leads)s leads, a fifth as many deals and companies, in bulk.
INSERT INTO crm_company (creation_date, update_date, full_name, alternative_names, website, active, phone,
    city_name, address, email, registration_number, description, token, department_id, owner_id, type_id,
    country_id, lead_source_id, disqualified, massmail, district, region)
SELECT now() - i * interval '1 hour', now() - i * interval '1 hour', 'Company ' || i, '',
    'https://c' || i || '.example.com', true, '', 'Town', '', 'info@c' || i || '.example.com', '', '',
    substr(md5('c' || i), 1, 11), 9, 1 + i %% 3, 1 + i %% 4, (SELECT min(id) FROM crm_country) + i %% 30,
    1 + i %% 5, false, true, '', ''
FROM generate_series(1, %(leads)s / 5) i;

INSERT INTO crm_lead (creation_date, update_date, first_name, middle_name, last_name, sex, email,
    secondary_email, phone, other_phone, mobile, city_name, disqualified, address, description, company_name,
    website, company_phone, company_address, company_email, token, department_id, owner_id, type_id, country_id,
    lead_source_id, massmail, district, region, company_id)
SELECT now() - i * interval '5 minutes', now() - i * interval '5 minutes',
    (ARRAY['Felix', 'Ana', 'Marta', 'Ivan', 'Lea', 'Noah', 'Mia', 'Tom'])[1 + i %% 8], '',
    (ARRAY['Garcia', 'Costa', 'Weber', 'Rossi', 'Novak', 'Silva', 'Meyer'])[1 + i %% 7] || i / 700, 'M',
    'lead' || i || '@example.com', '', '+49 30 ' || i, '', '', 'Town', false, '', '',
    'Company ' || 1 + i %% (%(leads)s / 5), '', '', '', '', substr(md5('l' || i), 1, 11), 9, 1 + i %% 3,
    1 + i %% 4, (SELECT min(id) FROM crm_country) + i %% 30, 1 + i %% 5, true, '', '',
    (SELECT min(id) FROM crm_company) + i %% (%(leads)s / 5)
FROM generate_series(1, %(leads)s) i;

INSERT INTO crm_deal (creation_date, update_date, name, next_step, next_step_date, description, workflow,
    stages_dates, ticket, relevant, active, important, is_new, remind_me, department_id, owner_id, stage_id,
    lead_id, company_id, country_id, amount, currency_id, discount_type, probability)
SELECT now() - i * interval '1 hour', now() - i * interval '1 hour', 'Deal ' || i, 'Call', current_date, '', '',
    '', substr(md5('d' || i), 1, 16), true, i %% 3 <> 0, false, false, false, 9, 1 + i %% 3, 1 + i %% 11,
    (SELECT min(id) FROM crm_lead) + i, (SELECT min(id) FROM crm_company) + i %% (%(leads)s / 5),
    (SELECT min(id) FROM crm_country) + i %% 30, 1000 + i, (SELECT min(id) FROM crm_currency), 'p', 50
FROM generate_series(1, %(leads)s / 5) i;

ANALYZE;
