-- name: hold_delivery
-- Two nodes may be given the same delivery at the same moment. On PostgreSQL this lets one of them wait for the other's
-- commit; on SQLite there is one node, and its operations run one after another.
select :transport_key as held;

-- name: accept_mail
insert into inbox (transport_key, content_key, channel, peer, sender, recipients, raw, size, received_at, state, not_before)
values (:transport_key, :content_key, :channel, :peer, :sender, :recipients, :raw, :size, :now, 'waiting', :now);

-- name: lease_mails
-- The state is tested twice on purpose: a second node that waited for our row lock re-checks only the outer WHERE.
-- A lease is counted when it is taken: a mail that takes the whole daemon down with it leaves no other trace.
-- A run that was given up for lost takes nothing before it has joined anew, since it may still work on what it had.
update inbox set state = 'reading', run = :run, lease = lease + 1, leases = leases + 1, not_before = :now
 where state = 'waiting'
   and exists (select 1 from node where node.run = :run and node.lost_at is null)
   and id in (select id from inbox where state = 'waiting' and not_before <= :now order by not_before, id limit :most)
returning id, raw, size, sender, recipients, channel, peer, content_key, tries, leases, lease, received_at;

-- name: uncount_lease
update inbox set leases = leases - 1 where id = :id and run = :run and lease = :lease;

-- name: count_lease
update inbox set leases = leases + 1 where id = :id and run = :run and lease = :lease;

-- name: next_mail_at
select min(not_before) as at from inbox where state = 'waiting';

-- name: settle_mail
update inbox set state = 'done', run = null, fate = :fate, ticket = :ticket, message = :message, evidence = :evidence
 where id = :id and run = :run and lease = :lease;

-- name: mail_failed_once
update inbox set state = 'waiting', run = null, tries = tries + 1, not_before = :not_before, error = :error
 where id = :id and run = :run and lease = :lease;

-- name: mail_failed
update inbox set state = 'failed', run = null, tries = tries + 1, error = :error
 where id = :id and run = :run and lease = :lease;

-- name: release_mail
-- The database was away, or the daemon stops: that is no fault of the mail.
update inbox set state = 'waiting', run = null, leases = leases - 1, not_before = :not_before
 where id = :id and run = :run and lease = :lease;

-- name: mails_of_run
select id, lease from inbox where state = 'reading' and run = :run;

-- name: free_mails
-- What runs hold that do not live any more.
update inbox set state = 'waiting', run = null
 where state = 'reading'
   and not exists (select 1 from node where node.run = inbox.run and node.lost_at is null);

-- name: replay_mail
update inbox set state = 'waiting', tries = 0, leases = 0, not_before = :now, error = null where id = :id and state = 'failed';

-- name: inbox_mail
select i.id, i.received_at, i.sender, i.recipients, i.size, i.state, i.fate, i.ticket, i.tries, i.error, i.channel,
       i.peer, i.raw, i.evidence, m.origin, m.position, m.ticket as message_ticket
  from inbox i left join message m on m.id = i.message where i.id = :id;

-- name: failed_mails_of
-- The mails of these very bytes that wait for somebody; there are few of them, if any.
select i.ticket, i.recipients, m.ticket as message_ticket from inbox i left join message m on m.id = i.message
 where i.state = 'failed' and i.raw = :raw;

-- name: oldest_mail
-- Among the first to be tried and the last: what is old was tried often, and waits longest. So it costs the same
-- however many wait.
select min(received_at) as at from (
  select * from (select received_at from inbox where state = 'waiting' order by not_before, id limit 500) as due
  union all
  select * from (select received_at from inbox where state = 'waiting' order by not_before desc, id desc limit 500) as later
) as waiting;

-- name: inbox_counts
-- A statement a state, as each has an index of its own; those that are done are not counted, since they are all the rest.
-- What was taken before `long_ago` is in nobody's hand, whatever its row says.
select 'waiting' as state, count(*) as n from inbox where state = 'waiting'
union all select 'reading', count(*) from inbox where state = 'reading'
union all select 'stuck', count(*) from inbox where state = 'reading' and not_before < :long_ago
union all select 'failed', count(*) from inbox where state = 'failed';

-- name: release_mails
update inbox set state = 'waiting', run = null, leases = leases - 1 where state = 'reading' and run = :run;

-- name: delivered_again
-- A repeat of the same delivery makes no row; its sender is told 250 as before. Not for ever: a machine that sends the
-- same words again next month means it.
update inbox set repeats = repeats + 1
 where id = (select max(id) from inbox where transport_key = :transport_key and received_at > :since);

-- name: inbox_mail_of_message
select fate, evidence from inbox where message = :message order by id limit 1;

-- name: mails_of_another_clock
-- A clock that ran far ahead and was put right leaves times behind that nobody means.
update inbox set not_before = :now where state = 'waiting' and not_before > :latest;
