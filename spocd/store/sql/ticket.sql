-- name: ticket
select number, subject, state, kind, priority, requester, assignee, team, service, channel, address, opened_at,
       updated_at, due_at, waiting_since, pend_until, resolved_at, closed_at, merged_into, tier, untouched_since,
       first_answered_at, resolution, reporter, direction, rev
  from ticket where number = :number;

-- name: ticket_document
select t.number, t.subject, t.state, t.kind, t.priority, t.requester, t.assignee, t.team, t.service, t.channel,
       t.direction, t.tier, t.resolution, t.opened_at, t.updated_at, t.due_at, t.waiting_since, t.pend_until, t.rev,
       t.tags, case when o.apart = 1 then o.name else coalesce(nullif(p.name, ''), o.name) end as requester_name,
       coalesce((select a.shown from person_address a where a.person in (p.id, case when o.apart = 1 then o.id else p.id end)
                 order by a.created_at, a.address limit 1), '')
         as requester_address,
       g.login as assignee_login, g.name as assignee_name,
       (select r.login from agent r where r.id = t.reporter) as reporter_login
  from ticket t join person o on o.id = t.requester join person p on p.id = coalesce(o.survivor, o.id)
       left join agent g on g.id = t.assignee
 where t.number = :number;

-- name: open_ticket
-- Who opens has the desk to itself, and no ticket is ever deleted: numbers have no gaps, whatever is rolled back.
insert into ticket (number, subject, state, kind, priority, requester, team, service, channel, address, reporter,
                    direction, opened_at, updated_at, waiting_since, rev)
values ((select coalesce(max(number), 0) + 1 from ticket), :subject, :state, :kind, :priority, :requester, :team, :service,
        :channel, :address, :reporter, :direction, :opened_at, :now, :waiting_since, 1)
returning number, subject, state, kind, priority, requester, assignee, team, service, channel, address, opened_at,
          updated_at, due_at, waiting_since, pend_until, resolved_at, closed_at, merged_into, tier, untouched_since,
          first_answered_at, resolution, reporter, direction, rev;

-- name: change_ticket
-- The revision is tested so that a decision made on an older state can never be written.
update ticket set state = :state, assignee = :assignee, subject = :subject, updated_at = :updated_at,
       waiting_since = :waiting_since, pend_until = :pend_until, resolved_at = :resolved_at, closed_at = :closed_at,
       kind = :kind, priority = :priority, team = :team, service = :service, due_at = :due_at, tier = :tier,
       untouched_since = :untouched_since, first_answered_at = :first_answered_at, resolution = :resolution,
       merged_into = :merged_into, requester = :requester,
       rev = rev + 1
 where number = :number and rev = :rev;

-- name: tickets_to_wake
select number from ticket where state = 'pending' and pend_until <= :now order by pend_until limit :most;

-- name: tickets_to_close
select number from ticket where state = 'resolved' and resolved_at <= :before order by resolved_at limit :most;

-- name: link_tickets
insert into ticket_link (ticket, relation, other, created_at) values (:ticket, :relation, :other, :now)
on conflict (ticket, relation, other) do nothing;

-- name: merged_into
select merged_into from ticket where number = :ticket;

-- name: standing
-- Who is on a ticket, who stood in To and Cc there, which tickets it goes on from: a row each, the rest of it null.
-- Whoever was merged stands there as the one into whom.
select coalesce(o.survivor, o.id) as person, cast(null as text) as address, cast(null as bigint) as other
  from participant x join person o on o.id = x.person where x.ticket = :ticket and x.removed_at is null
union all select null, address, null from correspondent where ticket = :ticket
union all select null, null, other from ticket_link where ticket = :ticket and relation = 'continues';

-- name: ticket_links
-- Both sides, but for tickets that the viewer never sees. `theirs` is 1 where the other ticket has the link.
select l.relation, l.theirs, t.number as ticket, t.state, t.subject
  from (select relation, 0 as theirs, other from ticket_link where ticket = :ticket
        union all select relation, 1, ticket from ticket_link where other = :ticket) as l
       join ticket t on t.number = l.other
 where not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
 order by t.number, l.relation, l.theirs;

-- name: participants
-- Two who were merged are one here: as the requester where one of them is, else under their own row. `person` is whose
-- row it is, and so whose token; `identity` who that is now. What is not known of that one is as it was known before, and
-- all of a row that was kept apart: an outsider's word changes nothing here.
select x.person, coalesce(o.survivor, o.id) as identity, x.role, x.generation, x.since,
       case when o.apart = 1 then o.name else coalesce(nullif(p.name, ''), o.name) end as name, case when o.apart = 1 then o.language else coalesce(p.language, o.language) end as language,
       case when o.apart = 1 then o.known_at else coalesce(p.known_at, o.known_at) end as known_at,
       coalesce((select a.shown from person_address a where a.person in (p.id, case when o.apart = 1 then o.id else p.id end)
                 order by a.created_at, a.address limit 1), '')
         as address
  from participant x join person o on o.id = x.person join person p on p.id = coalesce(o.survivor, o.id)
 where x.ticket = :ticket and x.removed_at is null
   and not exists (
         select 1 from participant y join person q on q.id = y.person
          where y.ticket = :ticket and y.removed_at is null and coalesce(q.survivor, q.id) = coalesce(o.survivor, o.id)
            and (case when y.role = 'requester' then 0 when q.survivor is null then 1 else 2 end, y.person)
                < (case when x.role = 'requester' then 0 when o.survivor is null then 1 else 2 end, x.person))
 order by x.since, x.person;

-- name: participant_addresses
select a.address
  from participant x join person o on o.id = x.person
       join person one on coalesce(one.survivor, one.id) = coalesce(o.survivor, o.id)
       join person_address a on a.person = one.id
 where x.ticket = :ticket and x.removed_at is null;

-- name: is_participant
select 1 as there from participant x join person o on o.id = x.person
 where x.ticket = :ticket and x.removed_at is null
   and coalesce(o.survivor, o.id) = (select coalesce(w.survivor, w.id) from person w where w.id = :person) limit 1;

-- name: participant_generation
select x.generation, x.removed_at, coalesce(o.survivor, o.id) as identity
  from participant x join person o on o.id = x.person where x.ticket = :ticket and x.person = :person;

-- name: add_participant
-- Somebody who comes back keeps the generation: what was revoked stays so.
insert into participant (ticket, person, role, since) values (:ticket, :person, :role, :now)
on conflict (ticket, person) do update set removed_at = null, role = excluded.role, since = excluded.since
 where participant.removed_at is not null;

-- name: remove_participant
-- All rows of one person go, but none where they are the requester by one of them.
update participant set removed_at = :now, generation = generation + 1
 where ticket = :ticket and removed_at is null
   and person in (select id from person
                   where coalesce(survivor, id) = (select coalesce(w.survivor, w.id) from person w where w.id = :person))
   and not exists (select 1 from participant r join person o on o.id = r.person
                    where r.ticket = :ticket and r.role = 'requester' and r.removed_at is null
                      and coalesce(o.survivor, o.id) = (select coalesce(w.survivor, w.id) from person w where w.id = :person));

-- name: revoke_tokens
-- Those of the tickets that live on in this one too: they are answered here.
update participant set generation = generation + 1
 where (ticket = :ticket or ticket in (select number from ticket where merged_into = :ticket))
   and (cast(:person as bigint) is null
        or person in (select id from person where coalesce(survivor, id) = +cast(:person as bigint)));

-- name: correspondents
select address, name from correspondent where ticket = :ticket order by address;

-- name: add_correspondents
insert into correspondent (ticket, address, name) values (:ticket, :address, :name)
on conflict (ticket, address) do nothing;

-- name: add_seen_ids
insert into seen_id (message_id, ticket) values (:message_id, :ticket) on conflict (message_id, ticket) do nothing;

-- name: forget_seen_id
delete from seen_id where message_id = :message_id and ticket = :ticket;

-- name: tickets_of_id
select ticket from seen_id where message_id = :message_id order by ticket limit 20;

-- name: canned_of_service
select key, title from canned where service is null or service = cast(:service as text)
 order by case when service is null then 1 else 0 end, key limit 30;

-- name: last_answer
select visible_text from message where ticket = :ticket and direction = 'out' and kind = 'mail' order by id desc limit 1;
