-- name: person_of_address
select p.id, p.name, p.language, p.other_language, p.known_at, p.created_at, a.shown as address
  from person_address a join person p on p.id = a.person where a.address = :address;

-- name: person
select id, name, language, known_at, created_at from person where id = :id;

-- name: add_person
insert into person (name, language, created_at) values (:name, :language, :now)
returning id, name, language, other_language, known_at;

-- name: add_person_address
insert into person_address (address, person, shown, created_at) values (:address, :person, :shown, :now);

-- name: person_addresses
select shown as address, created_at from person_address where person = :person order by created_at, address;

-- name: person_is_known
update person set known_at = :now where id = :id and known_at is null;

-- name: person_name
-- A name that somebody chose for themselves fills an empty one; it never changes one that is there.
update person set name = :name where id = :id and name = '';

-- name: person_speaks
update person set language = :language, other_language = :other where id = :id;
