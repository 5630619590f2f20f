-- name: people_of_addresses
-- JSON is how a list is bound: what is in it stays opaque.
select a.address as key, p.id, p.name, p.language, p.organisation, p.known_at, p.entered_at,
       coalesce((select max(b.created_at) from person_address b where b.person = p.id), 0) as newest,
       (select string_agg(g.name, ' ') from person one join person_group g on g.person = one.id
         where coalesce(one.survivor, one.id) = +p.id) as groups
  from json_array_elements_text(cast(cast(:addresses as text) as json)) j (value) join person_address a on a.address = j.value
       join person o on o.id = a.person join person p on p.id = coalesce(o.survivor, o.id);

-- name: addresses_of_strangers
-- Those of rows that the viewer does not know, as `rows_of_person` has it.
select a.address
  from json_array_elements_text(cast(cast(:addresses as text) as json)) j (value)
       join person_address a on a.address = j.value
       join person one on one.id = a.person
 where one.entered_at is null
   and not exists (select 1 from participant x join ticket t on t.number = x.ticket
                    where x.person = one.id
                      and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer))
   and not exists (select 1 from consult c join ticket t on t.number = c.ticket
                    where c.person = one.id
                      and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer));

-- name: next_person_ids
select nextval(pg_get_serial_sequence('person', 'id')) as id from generate_series(1, cast(:n as int));

-- name: add_imported_person
insert into person (id, name, language, organisation, known_at, entered_at, created_at) overriding system value
values (:id, :name, :language, :organisation, :now, :now, :now);
