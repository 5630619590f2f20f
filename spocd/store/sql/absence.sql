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
