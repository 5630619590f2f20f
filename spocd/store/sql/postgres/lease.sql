-- name: lease_mails
-- What another node is taking at this moment is passed over, and the state is tested twice on purpose: a row that was
-- locked and given free again meanwhile is checked against the outer WHERE alone. Nobody can give our run up for lost
-- between this look at it and our commit. An array is made once; a plan may run a subquery of IN again for each row, which
-- then locks other rows each time and takes more than `most`.
update inbox set state = 'reading', run = :run, lease = lease + 1, leases = leases + 1, not_before = :now
 where state = 'waiting'
   and exists (select 1 from node where node.run = :run and node.lost_at is null for share)
   and id = any (array(select id from inbox where state = 'waiting' and not_before <= :now
                        order by not_before, id limit :most for update skip locked))
returning id, raw, size, sender, recipients, channel, peer, content_key, tries, leases, lease, received_at;

-- name: lease_letters
update outbox set state = 'sending', run = :run, lease = lease + 1, tries = tries + 1, not_before = :now,
                  first_tried_at = coalesce(first_tried_at, :now)
 where state = 'waiting'
   and (select held_since from desk) is null
   and exists (select 1 from node where node.run = :run and node.lost_at is null for share)
   and id = any (array(select id from outbox where state = 'waiting' and not_before <= :now
                        order by not_before, id limit :most for update skip locked))
returning id, lease;
