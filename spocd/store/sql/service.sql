-- name: service
select key, name, description, team, calendar, kind, priority, restricted, facts from service where key = :key;

-- name: services
select key, name, description, team, calendar, kind, priority, restricted, facts from service order by key;

-- name: service_skills
select service, skill from service_skill order by service, skill;

-- name: put_service
insert into service (key, name, description, team, calendar, kind, priority, restricted, facts, created_at)
values (:key, :name, :description, cast(:team as text), cast(:calendar as text), :kind, :priority, :restricted, :facts,
  :now)
on conflict (key) do update set name = :name, description = :description, team = cast(:team as text),
  calendar = cast(:calendar as text), kind = :kind, priority = :priority, restricted = :restricted, facts = :facts;

-- name: drop_skills_of_service
delete from service_skill where service = :key;

-- name: add_skill_of_service
insert into service_skill (service, skill) values (:key, :skill);

-- name: drop_service
delete from service where key = :key;

-- name: last_ticket_of_service
select number from ticket where service = :key order by number desc limit 1;
