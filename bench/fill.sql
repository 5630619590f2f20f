-- A desk of {tickets} tickets as it would be after some years, {active} of them active.
-- digest(n), sixty-four hexadecimal digits that look like chance, is a function that bench/fill.py brings.
-- Numbers, names and texts come from n alone, so that two fills are the same desk.
-- `wording` holds 997 texts (n, subject, body, answer, words); `every` the numbers 1 to {tickets}, `few` those to 4.

insert into agent (id, login, name, address, role, uid, created_at)
select n + 100, 'agent' || n, 'Agent ' || n, 'agent' || n || '@example.org', 'agent', null, {now} - 157680000
  from every where n <= 9;

-- One person in four writes again.
insert into person (id, name, language, known_at, created_at)
select n, 'Person ' || n, null, case when n % 3 = 0 then {now} - 86400 end, {now} - 157680000 + n
  from every where n <= {tickets} - {tickets} / 4;

insert into person_address (address, person, shown, created_at)
select 'p' || substr(digest(n), 1, 10) || '@client.example', n, 'p' || substr(digest(n), 1, 10) || '@client.example', {now}
  from every where n <= {tickets} - {tickets} / 4;

-- The active ones are every other of the newest; a third of them waits in the queue.
insert into ticket (number, subject, state, kind, priority, requester, assignee, team, service, channel, address,
                    opened_at, updated_at, due_at, waiting_since, pend_until, resolved_at, closed_at, merged_into, rev)
select e.n, w.subject,
       case when e.n <= {tickets} - 2 * {active} or e.n % 2 = 0 then 'closed' when e.n % 10 = 1 then 'pending'
            when e.n % 3 = 0 then 'new' else 'open' end,
       'request', case when e.n % 20 = 3 then 'high' else 'normal' end, 1 + (e.n * 7919) % ({tickets} - {tickets} / 4),
       case when e.n > {tickets} - 2 * {active} and e.n % 3 = 0 then null else 101 + e.n % 9 end,
       null, null, 'mail', 'desk@example.org',
       {now} - ({tickets} - e.n) * {step} - 60, {now} - ({tickets} - e.n) * {step} - (e.n * 31) % 60, null,
       case when e.n > {tickets} - 2 * {active} and e.n % 2 = 1 and e.n % 10 <> 1
            then {now} - ({tickets} - e.n) * {step} - 60 end,
       case when e.n > {tickets} - 2 * {active} and e.n % 10 = 1 then {now} + 315360000 end,
       null, case when e.n <= {tickets} - 2 * {active} or e.n % 2 = 0 then {now} - ({tickets} - e.n) * {step} end, null, 3
  from every e join wording w on w.n = e.n % 997;

insert into participant (ticket, person, role, generation, since, removed_at)
select number, requester, 'requester', 0, opened_at, null from ticket;

insert into correspondent (ticket, address, name)
select number, 'c' || substr(digest(number + 1000003), 1, 8) || '@client.example', 'Colleague ' || number
  from ticket where number % 3 = 0;

-- A mail for every ticket, a second for one in four; small, as no question here depends on the size of their text.
insert into blob (sha256, size, encoding, body)
select digest(e.n * 2 + p.n), 300, 'identity', cast(w.body || e.n || '.' || p.n as blob)
  from every e join wording w on w.n = e.n % 997 join few p on p.n = 1 or (p.n = 2 and e.n % 4 = 0);

insert into message (id, ticket, origin, position, kind, direction, person, agent, author_name, author_address,
                     recipients, reply_to, subject, text, visible_text, message_id, reference_ids, raw, content_key,
                     evidence, created_at)
select e.n * 4 + p.n, e.n, e.n, p.n, 'mail', case when p.n = 2 then 'out' else 'in' end,
       case when p.n = 2 then null else t.requester end, case when p.n = 2 then 101 + e.n % 9 end,
       case when p.n = 2 then 'Agent ' || (1 + e.n % 9) else 'Person ' || t.requester end,
       case when p.n = 2 then 'desk@example.org' else 'p' || substr(digest(t.requester), 1, 10) || '@client.example' end,
       '[{{"name": "", "address": "desk@example.org"}}]', null, t.subject,
       case when p.n = 2 then w.answer else w.body || e.n end, case when p.n = 2 then w.answer else w.body || e.n end,
       substr(digest(e.n * 4 + p.n), 1, 24) || '@client.example', '[]',
       case when p.n = 2 then null else digest(e.n * 2 + case p.n when 3 then 2 else 1 end) end,
       case when p.n = 2 then null else substr(digest(e.n * 4 + p.n), 1, 32) end,
       '{{"by": "subject", "role": "participant"}}', t.opened_at + p.n
  from every e join ticket t on t.number = e.n join wording w on w.n = e.n % 997
  join few p on p.n <= 2 or (p.n = 3 and e.n % 4 = 0);

insert into seen_id (message_id, ticket) select message_id, ticket from message;

insert into inbox (id, transport_key, content_key, channel, peer, sender, recipients, raw, size, received_at, state, run,
                   tries, not_before, fate, ticket, message, evidence, error, repeats, leases)
select id, substr(digest(id + 3), 1, 32), content_key, 'smtp', '127.0.0.1', author_address, '["desk@example.org"]', raw,
       300, created_at, 'done', null, 0, created_at, case position when 1 then 'opened' else 'appended' end, ticket, id,
       '{{"by": "subject"}}', null, 0, 1
  from message where direction = 'in';

insert into outbox (id, ticket, message, person, purpose, kind, cause, recipient, recipient_key, known, language,
                    template_version, variables, key_id, generation, in_reply_to, reference_ids, state, dot_sent, unknowns,
                    run, tries, warned, not_before, created_at, first_tried_at, sent_at, reply)
select m.id, m.ticket, case m.position when 2 then m.id end, t.requester, 'r',
       case m.position when 1 then 'acknowledgement' else 'answer' end, case m.position when 1 then 'mail' else 'staff' end,
       a.address, a.address, 1, 'en', '1', '{{"number": ' || m.ticket || ', "agent_name": "", "body": ""}}', '1', 0,
       m.message_id, '[]', 'sent', 0, 0, null, 1, 0, m.created_at, m.created_at, m.created_at, m.created_at, '250 2.0.0 ok'
  from message m join ticket t on t.number = m.ticket join person_address a on a.person = t.requester
 where m.position <= 2;

insert into journal (ticket, at, actor, event, detail)
select e.n, t.opened_at + p.n,
       case p.n when 1 then 'Person ' || t.requester when 2 then 'spocd' else 'agent' || (1 + e.n % 9) end,
       case p.n when 1 then 'opened' when 2 then 'acknowledged' when 3 then 'answered' else 'closed' end,
       '{{"message": ' || p.n || '}}'
  from every e join ticket t on t.number = e.n join few p on p.n <= 3 or (p.n = 4 and t.state = 'closed');

-- The index of words, as the daemon would have made it by now.
insert into ticket_words (ticket, generation, through, words)
select e.n, 0, e.n * 4 + case e.n % 4 when 0 then 3 else 2 end,
       e.n || ' ' || w.words || ' person ' || t.requester || ' p' || substr(digest(t.requester), 1, 10)
  from every e join ticket t on t.number = e.n join wording w on w.n = e.n % 997;

insert into person_words (person, words) select id, 'person ' || id || ' p' || substr(digest(id), 1, 10) from person;

update search_cursor set position = (select max(id) from journal)
