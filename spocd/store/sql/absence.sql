-- name: agents_at_work
-- Everybody who may be given something, with how many open cases they have and since when the oldest of them waits.
select g.id, g.login, g.name, g.title, g.role, g.tier, g.given_at,
       (select count(*) from ticket t where t.assignee = g.id and t.state in ('new', 'open', 'pending')) as load,
       (select count(*) from ticket t where t.assignee = g.id and t.state in ('new', 'open', 'pending')
           and t.waiting_since is not null) as waiting,
       (select min(t.waiting_since) from ticket t where t.assignee = g.id and t.state in ('new', 'open', 'pending'))
         as oldest
  from agent g where g.left_at is null and g.role <> 'robot' order by g.login;

-- name: teams_of_agents
select agent, team from team_member;

-- name: skills_of_agents
select agent, skill from agent_skill;

-- name: absences_at
select agent, from_at, until_at, deputy, reason from absence
 where ended_at is null and from_at <= :now and (until_at is null or until_at > :now) order by id;

-- name: teams_with_nobody
-- The teams of an agent (null: all of them) of which nobody is there, '' where nobody is there at all; with how many of
-- those that wait for them in the queue the viewer sees. What has somebody costs nothing here, however much waits for it.
select k.key as team,
       (select count(*) from (
          select t.number from ticket t
           where coalesce(t.team, '') = k.key || '' and t.assignee is null and t.state in ('new', 'open')
             and t.waiting_since is not null
             and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
           limit :most) q) as waiting
  from (select '' as key union all select key from team) k
 where (cast(:agent as bigint) is null or k.key = ''
        or exists (select 1 from team_member m where m.team = k.key and m.agent = :agent))
   and not exists (
         select 1 from agent g
          where g.left_at is null and g.role <> 'robot'
            and (k.key = '' or exists (select 1 from team_member m where m.team = k.key and m.agent = g.id))
            and not exists (select 1 from absence a
                             where a.agent = g.id and a.ended_at is null and a.from_at <= :now
                               and (a.until_at is null or a.until_at > :now)))
 order by k.key;

-- name: add_absence
insert into absence (agent, from_at, until_at, deputy, reason, begun_at, created_at)
values (:agent, :from_at, :until_at, :deputy, :reason, :begun_at, :now);

-- name: absences_of
-- Those of an agent that are not over, the first to begin first.
select id, from_at, until_at, deputy, reason, begun_at from absence
 where agent = :agent and ended_at is null order by from_at, id;

-- name: deputies_between
-- Who stands in for whom at any time of a span.
select agent, deputy from absence
 where ended_at is null and deputy is not null and from_at < :until_at and (until_at is null or until_at > :from_at);

-- name: end_absence
update absence set ended_at = :now where id = :id and ended_at is null;

-- name: end_absences
-- What is over by the clock, whether or not anybody saw it begin.
update absence set ended_at = until_at where ended_at is null and until_at <= :now;

-- name: begin_absences
update absence set begun_at = :now where ended_at is null and begun_at is null and from_at <= :now returning agent, reason;

-- name: away_with_cases
-- Who is away and has open cases all the same: the absence has just begun, a resolved case was opened again, or they
-- were more than one operation moves.
select a.agent, a.reason from absence a
 where a.ended_at is null and a.begun_at is not null
   and exists (select 1 from ticket t where t.assignee = a.agent and t.state in ('new', 'open', 'pending'))
 order by a.id;

-- name: left_with_cases
select g.id as agent, (select k.key from team k where k.key = g.left_to) as left_to from agent g
 where g.left_at is not null
   and exists (select 1 from ticket t where t.assignee = g.id and t.state in ('new', 'open', 'pending'))
 order by g.id;

-- name: open_cases_of
-- In the fair order, so that what is promised or waits is given out first.
select number from ticket where assignee = :agent and state in ('new', 'open', 'pending')
 order by coalesce(due_at, 9223372036854775807), coalesce(waiting_since, 9223372036854775807), number limit :most;

-- name: how_many_open_cases_of
select count(*) as n from ticket where assignee = :agent and state in ('new', 'open', 'pending');

-- name: untouched_tickets
-- What somebody has, and whose requester waits, since a moment long enough ago.
select t.number, t.assignee, t.untouched_since, g.login from ticket t join agent g on g.id = t.assignee
 where t.untouched_since <= :before and t.waiting_since <= :before and t.state in ('new', 'open')
 order by t.untouched_since limit :most;

-- name: cases_out_of_sight
-- Open cases of restricted services that an agent has who is neither a lead nor in the service's team (any more). The
-- services come first, which SQLite keeps to in a cross join: they are few, and what is open may be much.
select t.number from service s cross join ticket t cross join agent g
 where s.restricted = 1 and t.service = s.key and t.service is not null and t.assignee is not null
   and t.state in ('new', 'open', 'pending') and g.id = t.assignee and g.role not in ('lead', 'admin')
   and not exists (select 1 from team_member m where m.team = s.team and m.agent = g.id)
 order by t.number limit :most;

-- name: ticket_touched
-- Without a new revision: nothing changed that anybody decides on.
update ticket set untouched_since = null where number = :number;

-- name: agent_has_left
update agent set left_at = :now, left_to = :team, uid = null where id = :agent and left_at is null;

-- name: leave_teams
delete from team_member where agent = :agent;

-- name: admins_left
select count(*) as n from agent where role = 'admin' and left_at is null and id <> :agent;

-- name: skills_of_one
-- What an agent can do and nobody else who is still here.
select k.skill from agent_skill k
 where k.agent = :agent and not exists (select 1 from agent_skill o join agent g on g.id = o.agent
                                         where o.skill = k.skill and o.agent <> :agent and g.left_at is null)
 order by k.skill;

-- name: teams_of_one
select m.team from team_member m
 where m.agent = :agent and not exists (select 1 from team_member o join agent g on g.id = o.agent
                                         where o.team = m.team and o.agent <> :agent and g.left_at is null)
 order by m.team;

-- name: services_of_one
-- The services of teams that have nobody else, and those that need what nobody else can do.
select s.key from service s
 where (exists (select 1 from team_member m where m.team = s.team and m.agent = :agent)
        and not exists (select 1 from team_member o join agent g on g.id = o.agent
                         where o.team = s.team and o.agent <> :agent and g.left_at is null))
    or exists (select 1 from service_skill w join agent_skill k on k.skill = w.skill and k.agent = :agent
                where w.service = s.key
                  and not exists (select 1 from agent_skill o join agent g on g.id = o.agent
                                   where o.skill = w.skill and o.agent <> :agent and g.left_at is null))
 order by s.key;

-- name: cases_of_one
-- Open cases on which no colleague ever wrote anything.
select t.number from ticket t
 where t.assignee = :agent and t.state in ('new', 'open', 'pending')
   and not exists (select 1 from message m where m.ticket = t.number and m.agent is not null and m.agent <> :agent)
 order by t.number;
