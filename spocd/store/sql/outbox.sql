-- name: add_letter
insert into outbox (ticket, message, person, agent, purpose, kind, cause, recipient, recipient_key, known, language,
                    template_version, variables, key_id, generation, in_reply_to, reference_ids, state, not_before,
                    created_at)
values (:ticket, :message, :person, :agent, :purpose, :kind, :cause, :recipient, :recipient_key, :known, :language,
        :template_version, :variables, :key_id, :generation, :in_reply_to, :reference_ids, 'waiting', :not_before, :now)
returning id;

-- name: lease_letters
-- The state is tested twice on purpose: a second node that waited for our row lock re-checks only the outer WHERE,
-- and must then find the letter taken.
update outbox set state = 'sending', run = :run, lease = lease + 1, tries = tries + 1, not_before = :now,
                  first_tried_at = coalesce(first_tried_at, :now)
 where state = 'waiting'
   and (select held_since from desk) is null
   and exists (select 1 from node where node.run = :run and node.lost_at is null)
   and id in (select id from outbox where state = 'waiting' and not_before <= :now order by not_before, id limit :most)
returning id, lease;

-- name: leased_letter
select o.id, o.kind, o.language, o.ticket, o.message, o.person, o.agent, o.purpose, o.recipient, o.known, o.variables,
       o.key_id, o.generation, o.in_reply_to, o.reference_ids, o.created_at, o.first_tried_at, o.tries, o.unknowns, o.warned,
       case when w.apart = 1 then w.name else coalesce(nullif(p.name, ''), w.name, g.name) end as reader_name, t.address
  from outbox o left join person w on w.id = o.person left join person p on p.id = coalesce(w.survivor, w.id)
       left join agent g on g.id = o.agent left join ticket t on t.number = o.ticket
 where o.id = :id;

-- name: last_letter_to
-- Nothing is to answer what its reader never got: a hand-over that still waits may be taken back.
select id, key_id, reference_ids from outbox
 where ticket = :ticket and purpose = :purpose and coalesce(person, agent, 0) = :reader
   and not (kind = 'handover' and state = 'waiting') and state not in ('failed', 'bounced')
 order by id desc limit 1;

-- name: next_letter_at
select min(not_before) as at from outbox where state = 'waiting' and (select held_since from desk) is null;

-- name: dot_goes
-- Committed before the dot: a lost answer after it must not look like a letter that never left.
update outbox set dot_sent = 1 where id = :id and run = :run and lease = :lease and state = 'sending';

-- name: settle_letter
update outbox set state = :state, run = null, dot_sent = 0, unknowns = :unknowns, warned = :warned,
                  not_before = :not_before, sent_at = :sent_at, reply = :reply
 where id = :id and run = :run and lease = :lease;

-- name: release_letter
update outbox set state = 'waiting', run = null, dot_sent = 0, tries = tries - 1
 where id = :id and run = :run and lease = :lease;

-- name: letters_of_run
select id, lease from outbox where state = 'sending' and dot_sent = 0 and run = :run;

-- name: release_letters
-- A daemon that stops gives back what it has not begun to send.
update outbox set state = 'waiting', run = null, tries = tries - 1
 where run = :run and state = 'sending' and dot_sent = 0;

-- name: interrupted_letters
-- Letters whose dot was about to go when their run was lost.
select id, unknowns from outbox
 where state = 'sending' and dot_sent = 1
   and not exists (select 1 from node where node.run = outbox.run and node.lost_at is null);

-- name: free_letters
update outbox set state = 'waiting', run = null
 where state = 'sending' and dot_sent = 0
   and not exists (select 1 from node where node.run = outbox.run and node.lost_at is null);

-- name: free_interrupted_letter
update outbox set state = :state, run = null, dot_sent = 0, unknowns = unknowns + 1, reply = :reply where id = :id;

-- name: letter
select id, ticket, message, person, agent, purpose, kind, recipient, state, tries, reply from outbox where id = :id;

-- name: letter_bounced
update outbox set state = 'bounced', reply = :reply where id = :id and state in ('sent', 'unknown', 'waiting');

-- name: hold_letter
update outbox set state = 'held' where id = :id and state = 'waiting';

-- name: flush_letter
-- Sent anew by somebody's hand: the days until it is given up begin again.
update outbox set state = 'waiting', not_before = :now, tries = 0, unknowns = 0, first_tried_at = null
 where id = :id and state in ('held', 'waiting', 'failed', 'unknown');

-- name: flush_letters
-- This try is somebody's and no step of the letter's own: the wait after it is no longer than the one that it ends.
update outbox set not_before = :now, tries = case when tries > 0 then tries - 1 else 0 end
 where state = 'waiting' and not_before > :now;

-- name: set_hold
update desk set held_since = :since;

-- name: count_waiting_letters
select count(*) as n from outbox where state = 'waiting';

-- name: oldest_letter
-- Among the first to be tried and the last: what is old was tried often, and waits longest. So it costs the same
-- however many wait.
select min(created_at) as at from (
  select * from (select created_at from outbox where state = 'waiting' order by not_before, id limit 500) as due
  union all
  select * from (select created_at from outbox where state = 'waiting' order by not_before desc, id desc limit 500) as later
) as waiting;

-- name: outbox_counts
-- A statement a state, as each has an index of its own; what was sent is not counted, since that is all the rest.
-- What failed or is unknown counts while it is news: `not_before` is then when it became so.
-- What was put off three times is more than a relay that greets strangers slowly. What was taken before `long_ago` is in
-- nobody's hand, whatever its row says.
select 'waiting' as state, count(*) as n from outbox where state = 'waiting'
union all select 'put off', count(*) from outbox where state = 'waiting' and tries >= 3
union all select 'sending', count(*) from outbox where state = 'sending'
union all select 'stuck', count(*) from outbox where state = 'sending' and not_before < :long_ago
union all select 'failed', count(*) from outbox where state = 'failed' and not_before > :since
union all select 'unknown', count(*) from outbox where state = 'unknown' and not_before > :since
union all select 'held', count(*) from outbox where state = 'held';

-- name: automatic_letters_to
select coalesce(sum(case when created_at > :hour then 1 else 0 end), 0) as hour, count(*) as day
  from outbox where cause = 'mail' and recipient_key = :recipient_key and created_at > :day;

-- name: automatic_letters_to_unknown
select count(*) as hour from outbox where cause = 'mail' and known = 0 and created_at > :hour;

-- name: letters_of_another_clock
update outbox set not_before = :now where state = 'waiting' and not_before > :latest;
