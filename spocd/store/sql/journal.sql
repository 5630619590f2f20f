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
