-- name: agent_cards
select id, login, name, address, role, uid, title, hours, picture, signature, language, tier, digest, quiet, left_at,
    created_at
  from agent order by login;

-- name: agent_skills
select g.login, s.skill from agent_skill s join agent g on g.id = s.agent where g.left_at is null
 order by g.login, s.skill;

-- name: absences_not_over
-- Those that are planned too, the first to begin first.
select g.login, a.from_at, a.until_at, a.begun_at, d.login as deputy
  from absence a join agent g on g.id = a.agent left join agent d on d.id = a.deputy
 where a.ended_at is null order by a.from_at, a.id;

-- name: put_agent
-- Whoever left and comes back gets their row again. A uid is set by itself, since two may change theirs.
insert into agent (login, name, address, role, title, hours, picture, signature, language, tier, digest, quiet, created_at)
values (:login, :name, :address, :role, :title, :hours, :picture, :signature, cast(:language as text), :tier, :digest,
  :quiet, :now)
on conflict (login) do update set name = :name, address = :address, role = :role, title = :title, hours = :hours,
  picture = :picture, signature = :signature, language = cast(:language as text), tier = :tier, digest = :digest,
  quiet = :quiet, left_at = null;

-- name: free_uid
-- Of whoever has it, and is to have another or has left.
update agent set uid = null where uid = :uid;

-- name: set_uid
update agent set uid = cast(:uid as bigint) where login = :login;

-- name: agent_leaves
update agent set left_at = :now, uid = null where login = :login and left_at is null;

-- name: drop_skills_of_agent
delete from agent_skill where agent = (select id from agent where login = :login);

-- name: add_skill_of_agent
insert into agent_skill (agent, skill) select id, :skill from agent where login = :login;

-- name: open_tickets_of_login
select t.number from ticket t
 where t.assignee = (select id from agent where login = :login) and t.state in ('new', 'open', 'pending')
 order by t.number limit :n;
