-- name: next_in_queue
-- The fair order: what is promised for a time by that time, the rest by how long it waits; whoever they are and however
-- they came. An agent is offered what their tier, teams and skills allow, and what is confidential only in its team, leads
-- too. Without an agent it is the head of the queue.
-- The head of each team's part is looked up by itself, so that the queues of other teams cost nothing, however long.
select t.number
  from (select '' as team union all select key from team where cast(:agent as bigint) is null
        union all select team from team_member where agent = :agent) part
  join ticket t on t.number = (
    select q.number from ticket q
     where coalesce(q.team, '') = part.team || ''
       and q.assignee is null and q.state in ('new', 'open') and q.waiting_since is not null
       and (cast(:agent as bigint) is null
            or q.tier <= (select g.tier from agent g where g.id = :agent)
               and not exists (select 1 from service_skill s where s.service = q.service
                                  and not exists (select 1 from agent_skill k where k.agent = :agent and k.skill = s.skill))
               and not exists (select 1 from hidden_service h where h.service = q.service and h.agent = :agent))
     order by coalesce(q.due_at, 9223372036854775807), q.waiting_since, q.number limit 1)
 order by coalesce(t.due_at, 9223372036854775807), t.waiting_since, t.number limit 1;

-- name: passed_over
-- How many that are offered to an agent stand before a place in the queue, of those `most` that are looked at. Two ranges of
-- the queue's own order, so that it costs what stands before and not what stands behind: what is due earlier, and what is
-- due at the same time or never and has waited longer.
select count(*) as n from (
  select t.number, t.tier, t.team, t.service from ticket t
   where t.assignee is null and t.state in ('new', 'open') and t.waiting_since is not null
     and coalesce(t.due_at, 9223372036854775807) < :due_at
  union all
  select t.number, t.tier, t.team, t.service from ticket t
   where t.assignee is null and t.state in ('new', 'open') and t.waiting_since is not null
     and coalesce(t.due_at, 9223372036854775807) = :due_at and (t.waiting_since, t.number) < (:waiting_since, :number)
   limit :most
) t
   where t.tier <= (select g.tier from agent g where g.id = :agent)
     and (t.team is null or exists (select 1 from team_member m where m.team = t.team and m.agent = :agent))
     and not exists (select 1 from service_skill s where s.service = t.service
                        and not exists (select 1 from agent_skill k where k.agent = :agent and k.skill = s.skill))
     and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :agent);

-- name: queue_place
-- How many stand before a place in the queue, of `most` that are looked at. Two ranges, as above.
select count(*) as before from (
  select 1 from ticket
   where assignee is null and state in ('new', 'open') and waiting_since is not null
     and coalesce(due_at, 9223372036854775807) < :due_at
  union all
  select 1 from ticket
   where assignee is null and state in ('new', 'open') and waiting_since is not null
     and coalesce(due_at, 9223372036854775807) = :due_at and (waiting_since, number) < (:waiting_since, :number)
   limit :most
) t;

-- name: waited_longer
-- How many in the queue have waited longer than what is promised for a time and so comes before them: two ranges of the
-- queue's own order, what is promised for no time and what is promised for later. Of each `most` are looked at.
select count(*) as n from (
  select * from (
    select waiting_since from ticket
     where assignee is null and state in ('new', 'open') and waiting_since is not null
       and coalesce(due_at, 9223372036854775807) = 9223372036854775807 and waiting_since < :waiting_since
     limit :most) promised_for_no_time
  union all
  select * from (
    select waiting_since from ticket
     where assignee is null and state in ('new', 'open') and waiting_since is not null
       and coalesce(due_at, 9223372036854775807) > :due_at and coalesce(due_at, 9223372036854775807) < 9223372036854775807
     order by coalesce(due_at, 9223372036854775807) limit :most) promised_for_later
) t where waiting_since < :waiting_since;

-- name: wants
-- What a ticket asks of whoever takes it, but for the skills.
select t.tier, t.team, s.restricted, s.team as service_team
  from ticket t left join service s on s.key = t.service where t.number = :number;

-- name: skills_wanted
select skill from service_skill where service = :service;

-- name: card
select id, login, name, title, role, tier, left_at from agent where id = :agent;

-- name: card_of_login
select id, login, name, title, role, tier, left_at from agent where login = :login;

-- name: teams_of_agent
select team from team_member where agent = :agent;

-- name: skills_of_agent
select skill from agent_skill where agent = :agent;

-- name: absence_now
-- The absence that an agent is in, by the desk's clock; the one without an end first.
select id, agent, from_at, until_at, deputy, reason from absence
 where agent = :agent and ended_at is null and from_at <= :now and (until_at is null or until_at > :now)
 order by coalesce(until_at, 9223372036854775807) desc limit 1;
