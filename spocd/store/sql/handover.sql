-- name: agent_was_given
update agent set given_at = :now where id = :agent;

-- name: waiting_handover
-- The letter that tells who has a ticket now, while it still waits to be sent.
select id, variables from outbox
 where ticket = :ticket and person = :person and kind = 'handover' and state = 'waiting' and tries = 0
 order by id desc limit 1;

-- name: retell_handover
-- Tested again, since another node may have begun to send it.
update outbox set variables = :variables, template_version = :template_version
 where id = :id and state = 'waiting' and tries = 0;

-- name: drop_handover
delete from outbox where id = :id and state = 'waiting' and tries = 0;

-- name: drop_handovers_to
-- An answer names who has the ticket: what was to say that before it would come after it.
delete from outbox where ticket = :ticket and person = :person and kind = 'handover' and state = 'waiting' and tries = 0;

-- name: drop_handovers
-- What is closed or filed as spam nobody has any more, and what moved without a word somebody else has.
delete from outbox where ticket = :ticket and kind = 'handover' and state = 'waiting' and tries = 0;

-- name: open_promises_of
select due_at, broken_at from promise where ticket = :ticket and kept_at is null and withdrawn_at is null order by due_at;

-- name: open_consults_of
select c.asked_at, case when o.apart = 1 then o.name else coalesce(nullif(p.name, ''), o.name) end as name, c.address
  from consult c join person o on o.id = c.person join person p on p.id = coalesce(o.survivor, o.id)
 where c.ticket = :ticket and c.answered_at is null and c.ended_at is null order by c.id;

-- name: names_of_agents
-- Whoever left did things too.
select login, name from agent;

-- name: team_named
select key, name from team where key = :key;

-- name: somebody_for
-- Whether anybody of a tier and a team, or of any where there is none, may have a ticket, whoever has it now.
select g.id from agent g join ticket t on t.number = :number
 where g.left_at is null and g.role <> 'robot' and g.tier >= :tier
   and (cast(:team as text) is null or exists (select 1 from team_member m where m.team = :team and m.agent = g.id))
   and not exists (select 1 from service_skill s where s.service = t.service
                      and not exists (select 1 from agent_skill k where k.agent = g.id and k.skill = s.skill))
   and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = g.id)
 limit 1;

-- name: held_since
-- When whoever has a ticket got it.
select max(at) as at from journal where ticket = :ticket and event in ('taken', 'assigned', 'handed over');

-- name: acted
-- Whether somebody did anything about a ticket after a moment, but have it, put what is said of it right, and pass it on:
-- that is all that an act is, for a brief and for what lies untouched.
select 1 as acted from journal
 where ticket = :ticket and actor = :login and at > :since
   and event not in ('taken', 'assigned', 'out of turn', 'before its time', 'handed over', 'released', 'escalated',
                     'given to a team', 'returned', 'changed')
 limit 1;
