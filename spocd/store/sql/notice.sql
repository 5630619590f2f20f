-- name: agent_to_tell
-- Nobody who has left, or is a program.
select g.id, g.login, g.name, g.address, g.language, g.digest, g.quiet, g.role,
       (select count(*) from absence a where a.agent = g.id and a.begun_at is not null and a.ended_at is null) as away,
       (select max(a.ended_at) from absence a where a.agent = g.id and a.begun_at is not null) as back_at
  from agent g where g.id = :id and g.left_at is null and g.role <> 'robot';

-- name: logins_here
select login from agent where left_at is null order by login;

-- name: agent_here
select id, login, address from agent where id = :id and left_at is null;

-- name: agent_of_address
-- There are not many agents.
select id, login, name, address from agent where lower(address) = :address and left_at is null order by id limit 1;

-- name: team_of_ticket
select m.key, m.name, m.address from ticket t join team m on m.key = t.team where t.number = :ticket;

-- name: team_to_tell
select m.agent from team_member m join agent g on g.id = m.agent
 where m.team = :team and g.tier >= :tier order by m.agent;

-- name: leads_to_tell
select id from agent where role in ('lead', 'admin') and left_at is null order by id;

-- name: last_notice
-- The newest notice to an agent about a ticket, since some moment.
select id, state, tries, variables, created_at from outbox
 where ticket = :ticket and agent = :agent and kind = 'notice' and created_at > :since order by id desc limit 1;

-- name: amend_letter
-- Only what nobody has taken yet: each try of a letter says the same.
update outbox set variables = :variables where id = :id and state = 'waiting' and tries = 0;

-- name: hold_notice
insert into notice (agent, ticket, what, text, at, not_before) values (:agent, :ticket, :what, :text, :now, :not_before);

-- name: agents_with_notices
-- What was held for somebody who is away waits until they are back.
select n.agent from notice n
 where n.not_before <= :now
   and not exists (select 1 from absence a where a.agent = n.agent and a.begun_at is not null and a.ended_at is null)
 group by n.agent order by min(n.not_before) limit :most;

-- name: notices_of
select n.id, n.ticket, n.what, n.text, n.at, n.not_before, t.subject, t.address
  from notice n left join ticket t on t.number = n.ticket
 where n.agent = :agent and n.not_before <= :now order by n.id limit :most;

-- name: put_off_notice
update notice set not_before = :until where id = :id;

-- name: drop_notice
delete from notice where id = :id;
