-- name: touched_after
-- When whoever got a ticket by a hand-over (a line of the journal) first went on with it, or somebody took it from the
-- queue; of the lines that follow it 200 are looked at. What was written at the same moment is the hand-over itself.
-- `handovers` is a list in JSON; without a receiver the ticket went into the queue.
select x.id, (
    select l.at from (select j.id, j.at, j.actor, j.event from journal j
                       where j.ticket = x.ticket and j.id > x.id order by j.id limit 200) l
     where l.at > x.at and l.actor = x.receiver or x.receiver is null and l.event in ('taken', 'assigned')
     order by l.id limit 1) as at
  from json_to_recordset(cast(cast(:handovers as text) as json)) x (id bigint, ticket bigint, at bigint, receiver text);
