-- name: node_joins
-- By the database's clock, as in all of these: the clocks of several hosts differ.
insert into node (run, host, place, pid, started_at, seen_at)
values (:run, :host, :place, :pid, extract(epoch from now())::bigint, extract(epoch from now())::bigint);

-- name: node_beats
update node set seen_at = extract(epoch from now())::bigint where run = :run and lost_at is null;

-- name: mark_lost_nodes
update node set lost_at = extract(epoch from now())::bigint
 where lost_at is null and seen_at < extract(epoch from now())::bigint - cast(:seconds as bigint)
returning place;
