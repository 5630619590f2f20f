-- name: people_of_addresses
-- JSON is how a list is bound: what is in it stays opaque.
select a.address as key, p.id, p.name, p.language, p.organisation, p.known_at, p.entered_at,
       coalesce((select max(b.created_at) from person_address b where b.person = p.id), 0) as newest,
       (select group_concat(g.name, ' ') from person one join person_group g on g.person = one.id
         where coalesce(one.survivor, one.id) = +p.id) as groups
  from json_each(:addresses) j join person_address a on a.address = j.value join person o on o.id = a.person
       join person p on p.id = coalesce(o.survivor, o.id);

-- name: addresses_of_strangers
-- Those of rows that the viewer does not know, as `rows_of_person` has it.
select a.address
  from json_each(:addresses) j join person_address a on a.address = j.value
       join person one on one.id = a.person
 where one.entered_at is null
   and not exists (select 1 from participant x join ticket t on t.number = x.ticket
                    where x.person = one.id
                      and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer))
   and not exists (select 1 from consult c join ticket t on t.number = c.ticket
                    where c.person = one.id
                      and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer));

-- name: next_person_ids
-- What autoincrement would give next; it goes on from the largest that was used.
with recursive n (i) as (select 1 union all select i + 1 from n where i < :n)
select coalesce((select seq from sqlite_sequence where name = 'person'), 0) + i as id from n;

-- name: add_imported_person
insert into person (id, name, language, organisation, known_at, entered_at, created_at)
values (:id, :name, :language, :organisation, :now, :now, :now);
