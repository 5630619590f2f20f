-- name: calendars
select key, zone, hours, holidays from calendar order by key;

-- name: put_calendar
insert into calendar (key, zone, hours, holidays, created_at) values (:key, :zone, :hours, :holidays, :now)
on conflict (key) do update set zone = :zone, hours = :hours, holidays = :holidays;

-- name: drop_calendar
delete from calendar where key = :key;

-- name: organisations
-- Whoever has left looks after nobody.
select o.key, o.name, o.briefing, g.login as manager
  from organisation o left join agent g on g.id = o.manager and g.left_at is null
 order by o.key;

-- name: organisation_domains
select domain, organisation from organisation_domain order by organisation, domain;

-- name: put_organisation
insert into organisation (key, name, briefing, manager, created_at)
values (:key, :name, :briefing, (select id from agent where login = :manager), :now)
on conflict (key) do update set name = :name, briefing = :briefing,
  manager = (select id from agent where login = :manager);

-- name: drop_domains
delete from organisation_domain where organisation = :key;

-- name: add_domain
insert into organisation_domain (domain, organisation) values (:domain, :key);

-- name: people_leave_organisation
update person set organisation = null where organisation = :key;

-- name: drop_organisation
delete from organisation where key = :key;

-- name: canned_answers
select key, service, title, body from canned order by key;

-- name: canned_answer
select body from canned where key = :key;

-- name: put_canned
insert into canned (key, service, title, body, created_at) values (:key, cast(:service as text), :title, :body, :now)
on conflict (key) do update set service = cast(:service as text), title = :title, body = :body;

-- name: drop_canned
delete from canned where key = :key;
