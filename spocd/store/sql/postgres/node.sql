-- name: node_joins
-- By the database's clock, as in all of these: the clocks of several hosts differ.
insert into node (run, host, place, shared, pid, started_at, seen_at)
values (:run, :host, :place, :shared, :pid, extract(epoch from now())::bigint, extract(epoch from now())::bigint);

-- name: node_beats
update node set seen_at = extract(epoch from now())::bigint where run = :run and lost_at is null;

-- name: mark_lost_nodes
update node set lost_at = extract(epoch from now())::bigint
 where lost_at is null and run <> :run and seen_at < extract(epoch from now())::bigint - cast(:seconds as bigint)
returning place;

-- name: drop_lost_nodes
delete from node where lost_at < extract(epoch from now())::bigint - cast(:seconds as bigint);

-- name: nodes
select run, host, place, shared, pid, started_at, seen_at, lost_at,
       extract(epoch from now())::bigint - seen_at as silent_for
  from node order by started_at, run;
