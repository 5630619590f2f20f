-- name: merged_here
select number from ticket where merged_into = :ticket order by number;

-- name: remember_merge
insert into merged_ticket (ticket, survivor, was, messages, joined, awaited, created_at)
values (:ticket, :survivor, :was, :messages, :joined, :awaited, :now);

-- name: merge_of
select survivor, was, messages, joined, awaited, created_at from merged_ticket where ticket = :ticket;

-- name: merge_was_told
-- Whether a letter about it went out with it.
select id from outbox where ticket = :survivor and kind = 'merged' and created_at = :at limit 1;

-- name: merges_into
select ticket, joined from merged_ticket where survivor = :ticket order by created_at, ticket;

-- name: forget_merge
delete from merged_ticket where ticket = :ticket;

-- name: message_ids
select id from message where ticket = :ticket order by id;

-- name: move_messages
update message set ticket = :into where ticket = :ticket;

-- name: move_message_back
-- One that somebody has moved on meanwhile stays where they put it.
update message set ticket = :ticket where id = :id and ticket = :survivor;

-- name: open_promises
select id from promise where ticket = :ticket and kept_at is null and withdrawn_at is null;

-- name: move_promise
-- Whoever has it there has not been warned.
update promise set ticket = :ticket, warned_at = null where id = :id;

-- name: open_consults
select id from consult where ticket = :ticket and answered_at is null and ended_at is null;

-- name: move_consult
update consult set ticket = :ticket where id = :id;

-- name: drop_correspondent
delete from correspondent where ticket = :ticket and address = :address;

-- name: part_participant
-- Who is there by the merge; not who was added again since, by somebody's hand. Their tokens are worth nothing from now on.
update participant set removed_at = :now, generation = generation + 1
 where ticket = :ticket and person = :person and removed_at is null and role <> 'requester' and since = :since;
