-- name: newest_line
select coalesce(max(id), 0) as id from journal;

-- name: events_after
-- What is told to those who watch, with how the ticket stands now; lines of no ticket too, for whoever watches must then be
-- looked at anew.
select j.id, j.ticket, j.at, j.actor, j.event, j.detail, t.subject, t.state, t.service, g.login as assignee
  from journal j left join ticket t on t.number = j.ticket left join agent g on g.id = t.assignee
 where j.id > :after order by j.id limit :most;

-- name: events_of_ticket_after
select j.id, j.ticket, j.at, j.actor, j.event, j.detail, t.subject, t.state, t.service, g.login as assignee
  from journal j join ticket t on t.number = j.ticket left join agent g on g.id = t.assignee
 where j.ticket = :ticket and j.id > :after order by j.id limit :most;

-- name: journal_lines
select id, ticket, at, actor, event, detail from journal where id > :after order by id limit :most;

-- name: last_seal
select journal, seal from journal_seal order by journal desc limit 1;

-- name: add_seal
insert into journal_seal (journal, salt, digest, seal) values (:journal, :salt, :digest, :seal);

-- name: sealed_lines
-- The line is null where somebody has taken it out.
select s.journal, s.salt, s.digest, s.seal, j.id, j.ticket, j.at, j.actor, j.event, j.detail
  from journal_seal s left join journal j on j.id = s.journal
 where s.journal > :after order by s.journal limit :most;

-- name: lines_after
select count(*) as n from (select id from journal where id > :after limit :most) rest;

-- name: line_without_seal
select min(j.id) as id from journal j
 where j.id > :after and j.id <= :upto and not exists (select 1 from journal_seal s where s.journal = j.id);
