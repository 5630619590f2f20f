-- name: search_cursor
-- `holder` is null where the run that moved it last is over.
select c.position, c.held_at, n.run as holder from search_cursor c left join node n on n.run = c.run where c.one = 1;

-- name: lines_to_index
-- Lines of the journal are committed in the order of their ids, since whoever writes one has the desk to itself.
select id, ticket, person from journal where id > :after order by id limit :most;

-- name: ticket_to_index
select t.subject, w.generation, w.through from ticket t left join ticket_words w on w.ticket = t.number
 where t.number = :ticket;

-- name: messages_to_index
-- Whoever wrote from outside is looked for by name; whoever answered here stands on half the tickets.
select id, subject, substr(visible_text, 1, :most_text) as text,
       case when agent is null then author_name else '' end as author_name,
       case when agent is null then author_address else '' end as author_address
  from message where ticket = :ticket and id > :after order by id limit :most;

-- name: files_to_index
select a.filename from message m join attachment a on a.message = m.id
 where m.ticket = :ticket and m.id > :after and m.id <= :through order by m.id, a.position limit :most;

-- name: people_to_index
-- One person under all the names and addresses of those who were merged into them, but for who is kept apart: that is a
-- name known in secret (`ensure_person`), and found on the tickets of that row alone.
select one.name, a.shown as address, coalesce(o.survivor, o.id) as person
  from participant x join person o on o.id = x.person
       join person one on coalesce(one.survivor, one.id) = coalesce(o.survivor, o.id)
       left join person_address a on a.person = one.id
 where x.ticket = :ticket and x.removed_at is null and (one.apart = 0 or one.id = x.person)
 order by 3, a.created_at, a.address limit :most;

-- name: person_to_index
select one.name, a.shown as address, coalesce(o.survivor, o.id) as person
  from person o join person one on coalesce(one.survivor, one.id) = coalesce(o.survivor, o.id)
       left join person_address a on a.person = one.id
 where o.id = :person and one.apart = 0
 order by a.created_at, a.address limit :most;

-- name: move_search_cursor
-- Of two that read the same lines, one finds the cursor where it was.
update search_cursor set position = :upto, run = :run, held_at = :now where one = 1 and position = :position;

-- name: forget_ticket_words
-- The row stays, empty: what is being read at this moment is of an older generation and will not be written.
insert into ticket_words (ticket, generation, through, words) values (:ticket, 1, 0, '')
on conflict (ticket) do update set generation = ticket_words.generation + 1, through = 0, words = '';

-- name: search_lag
select (select coalesce(max(id), 0) from journal) - c.position as behind,
       (select at from journal where id > c.position order by id limit 1) as since
  from search_cursor c where c.one = 1;
