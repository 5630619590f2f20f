-- name: person_of_address
-- `owner` is whose the address is, `id` who that is now: whoever was merged is the one who was merged into.
select p.id, p.name, p.language, p.other_language, p.known_at, p.created_at, p.organisation, a.shown as address,
       o.id as owner, o.merged_into,
       case when exists (select 1 from person s where coalesce(s.survivor, s.id) = +p.id and s.apart = 1)
            then 1 else 0 end as apart
  from person_address a join person o on o.id = a.person join person p on p.id = coalesce(o.survivor, o.id)
 where a.address = :address;

-- name: person
select p.id, p.name, p.language, p.known_at, p.created_at, p.organisation
  from person o join person p on p.id = coalesce(o.survivor, o.id) where o.id = :id;

-- name: faces
-- The rows that are one person now, first those by which they are known to whoever knows them.
select id, name, language, other_language, known_at, created_at, organisation, apart from person
 where coalesce(survivor, id) = :person
 order by case when apart = 1 then 0 when survivor is null then 1 else 2 end, id;

-- name: add_person
insert into person (name, language, created_at) values (:name, :language, :now)
returning id, name, language, other_language, known_at;

-- name: add_person_address
insert into person_address (address, person, shown, domain, created_at)
values (:address, :person, :shown, :domain, :now);

-- name: person_addresses
-- Those of whoever was merged into the person too, each with its owner; the person's own first.
select a.shown as address, a.created_at, a.person as owner, one.name
  from person one join person_address a on a.person = one.id
 where coalesce(one.survivor, one.id) = :person
 order by case when a.person = :person then 0 else 1 end, a.created_at, a.address;

-- name: person_is_known
-- Who was kept apart is known to the desk as that row.
update person set known_at = :now
 where known_at is null and id = coalesce((select min(s.id) from person s
                                            where coalesce(s.survivor, s.id) = :id and s.apart = 1), cast(:id as bigint));

-- name: person_name
-- A name that somebody chose for themselves fills an empty one; it never changes one that is there.
update person set name = :name where id = :id and name = '';

-- name: person_speaks
update person set language = :language, other_language = :other where id = :id;

-- name: rows_of_person
-- The rows that are one person now, each with when the viewer came to know of it: null where they do not, since each of
-- its tickets is hidden from them and no directory has it. Who was taken off a ticket still stands in its journal.
select one.id, (
         select min(k.at) from (
           select one.entered_at as at
           union all
           select x.since from participant x join ticket t on t.number = x.ticket
            where x.person = one.id
              and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
           union all
           select c.asked_at from consult c join ticket t on t.number = c.ticket
            where c.person = one.id
              and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
         ) k) as known_since
  from person one where coalesce(one.survivor, one.id) = :person order by one.id;

-- name: give_person_address
-- It stays as old as it is: which of several is the main one goes by that.
update person_address set person = :person, shown = :shown where address = :address;

-- name: give_addresses
update person_address set person = :to where person = :person;

-- name: keep_apart
update person set apart = 1 where id = :person;

-- name: join_tickets
-- Beside the other, whose reply addresses stay good.
insert into participant (ticket, person, role, since)
select x.ticket, cast(:person as bigint), x.role, cast(:now as bigint) from participant x
 where x.person = :beside and x.removed_at is null
on conflict (ticket, person) do nothing;

-- name: is_open_to_all
-- Whether a directory has a person, or a ticket that every agent sees.
select 1 as yes from person one where coalesce(one.survivor, one.id) = :person and (
  one.entered_at is not null
  or exists (select 1 from participant x join ticket t on t.number = x.ticket
              where x.person = one.id and not exists (select 1 from hidden_service h where h.service = t.service))
  or exists (select 1 from consult c join ticket t on t.number = c.ticket
              where c.person = one.id and not exists (select 1 from hidden_service h where h.service = t.service)))
 limit 1;

-- name: main_person_address
-- The first of a person's own is the one that they are answered at.
update person_address set created_at = (select min(a.created_at) from person_address a where a.person = :person) - 1
 where address = :address;

-- name: drop_person_address
delete from person_address where address = :address;

-- name: change_person
update person set name = :name, language = :language, other_language = :other, organisation = :organisation where id = :id;

-- name: merge_person
-- Who was merged into this person before goes along, and keeps saying into whom.
update person set survivor = cast(:survivor as bigint),
                  merged_into = case when id = :person then cast(:survivor as bigint) else merged_into end
 where coalesce(survivor, id) = :person;

-- name: unmerge_person
-- Who was merged into this person is theirs again.
with recursive theirs (id) as (
  select cast(:person as bigint) union select p.id from person p join theirs t on p.merged_into = t.id
)
update person set survivor = case when id = :person then null else cast(:person as bigint) end,
                  merged_into = case when id = :person then null else merged_into end,
                  apart = case when id = :person then 0 else apart end
 where id in (select id from theirs);

-- name: merged_people
select p.id, p.name, coalesce((select a.shown from person_address a where a.person = p.id
                                order by a.created_at, a.address limit 1), '') as address
  from person p where coalesce(p.survivor, p.id) = :person and p.id <> :person order by p.id;

-- name: write_on_their_tickets
-- A line on each ticket that a person is on, since they are somebody else there from now on.
insert into journal (ticket, at, actor, event, detail, person)
select x.ticket, :now, :actor, :event, :detail, :person
  from participant x where x.person = :person and x.removed_at is null order by x.ticket;

-- name: person_groups
-- Each with whose row is in it.
select g.name, one.id as owner from person one join person_group g on g.person = one.id
 where coalesce(one.survivor, one.id) = :person order by g.name;

-- name: add_to_group
insert into person_group (person, name) values (:person, :name) on conflict (person, name) do nothing;

-- name: remove_from_group
delete from person_group where name = :name and person in (select id from person where coalesce(survivor, id) = :person);

-- name: organisation_of_person
select g.key, g.name, g.briefing, a.login as manager
  from belonging b join organisation g on g.key = b.organisation left join agent a on a.id = g.manager
 where b.person = :person;

-- name: organisation_names
select key, name from organisation order by key;

-- name: person_counts
-- Of the tickets that a person is on: how many, and of how many the requester. What is hidden from the viewer (null:
-- nothing is) is left out here and below.
with theirs (ticket, asked) as (
  select t.number, max(case when x.role = 'requester' then 1 else 0 end)
    from person one join participant x on x.person = one.id and x.removed_at is null join ticket t on t.number = x.ticket
   where coalesce(one.survivor, one.id) = :person
     and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
   group by t.number
)
select count(*) as tickets, coalesce(sum(h.asked), 0) as asked,
       min(case when h.asked = 1 then t.opened_at end) as first_at, max(case when h.asked = 1 then t.opened_at end) as last_at
  from theirs h join ticket t on t.number = h.ticket;

-- name: person_mails
-- How much was written, from when to when; answers are those on tickets of their own.
with theirs (ticket, asked) as (
  select t.number, max(case when x.role = 'requester' then 1 else 0 end)
    from person one join participant x on x.person = one.id and x.removed_at is null join ticket t on t.number = x.ticket
   where coalesce(one.survivor, one.id) = :person
     and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
   group by t.number
)
select coalesce(sum(case when m.direction = 'in' then 1 else 0 end), 0) as received,
       coalesce(sum(case when m.direction = 'out' then 1 else 0 end), 0) as sent,
       min(case when m.direction = 'in' then m.created_at end) as first_at,
       max(case when m.direction = 'in' then m.created_at end) as last_at
  from theirs h join message m on m.ticket = h.ticket left join person w on w.id = m.person
 where m.kind = 'mail' and (m.direction = 'in' and coalesce(w.survivor, w.id) = :person or m.direction = 'out' and h.asked = 1);

-- name: person_last_mails
with theirs (ticket, asked) as (
  select t.number, max(case when x.role = 'requester' then 1 else 0 end)
    from person one join participant x on x.person = one.id and x.removed_at is null join ticket t on t.number = x.ticket
   where coalesce(one.survivor, one.id) = :person
     and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
   group by t.number
)
select m.origin, m.position, m.ticket, m.subject, m.direction, m.created_at
  from theirs h join message m on m.ticket = h.ticket left join person w on w.id = m.person
 where m.kind = 'mail' and (m.direction = 'in' and coalesce(w.survivor, w.id) = :person or m.direction = 'out' and h.asked = 1)
 order by m.id desc limit :most;

-- name: person_holders
-- Who had their tickets, one after the other.
with theirs (ticket, asked) as (
  select t.number, max(case when x.role = 'requester' then 1 else 0 end)
    from person one join participant x on x.person = one.id and x.removed_at is null join ticket t on t.number = x.ticket
   where coalesce(one.survivor, one.id) = :person
     and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
   group by t.number
)
select j.ticket, j.at, j.event, j.detail from theirs h join journal j on j.ticket = h.ticket
 where h.asked = 1
   and j.event in ('taken', 'assigned', 'handed over', 'released', 'returned', 'escalated', 'given to a team')
 order by j.ticket, j.id limit :most;

-- name: person_promises
with theirs (ticket, asked) as (
  select t.number, max(case when x.role = 'requester' then 1 else 0 end)
    from person one join participant x on x.person = one.id and x.removed_at is null join ticket t on t.number = x.ticket
   where coalesce(one.survivor, one.id) = :person
     and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
   group by t.number
)
select q.ticket, q.made_at, q.due_at, q.kept_at, q.broken_at, q.withdrawn_at
  from theirs h join promise q on q.ticket = h.ticket where h.asked = 1 order by q.id desc limit :most;

-- name: person_consults
select c.ticket, c.asked_at, c.answered_at
  from person one join consult c on c.person = one.id join ticket t on t.number = c.ticket
 where coalesce(one.survivor, one.id) = :person
   and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
 order by c.id desc limit :most;

-- name: person_journal
select at, actor, event, detail from journal where person = :person and ticket is null order by id desc limit :most;

-- name: change_imported_person
update person set name = :name, language = :language, organisation = :organisation, known_at = :known_at,
                  entered_at = :entered_at where id = :id;
