-- name: add_promise
insert into promise (ticket, agent, made_at, due_at) values (:ticket, :agent, :now, :due_at);

-- name: promises_to_keep
select id, due_at from promise where ticket = :ticket and kept_at is null and withdrawn_at is null order by due_at;

-- name: keep_promises
-- By an answer, or since the case is done. What was broken is kept late.
update promise set kept_at = :now where ticket = :ticket and kept_at is null and withdrawn_at is null;

-- name: withdraw_promises
update promise set withdrawn_at = :now where ticket = :ticket and kept_at is null and withdrawn_at is null;

-- name: promises_due
-- Those that may be warned of or are broken by now.
select id, ticket, agent, made_at, due_at, warned_at from promise
 where kept_at is null and withdrawn_at is null and broken_at is null and due_at <= :soon
   and (warned_at is null or due_at < :now)
 order by due_at limit :most;

-- name: promise_warned
update promise set warned_at = :now where id = :id;

-- name: promise_broken
update promise set broken_at = :now, warned_at = coalesce(warned_at, :now) where id = :id;

-- name: promises_by_agent
-- A promise to a ticket that the viewer never sees is not counted for them.
select coalesce(g.login, '') as agent, coalesce(g.name, '') as name, count(*) as made,
       sum(case when p.kept_at <= p.due_at then 1 else 0 end) as kept,
       sum(case when p.kept_at > p.due_at then 1 else 0 end) as kept_late,
       sum(case when p.kept_at is null and p.withdrawn_at is null and p.due_at < :now then 1 else 0 end) as broken,
       sum(case when p.kept_at is null and p.withdrawn_at is null and p.due_at >= :now then 1 else 0 end) as open,
       sum(case when p.withdrawn_at is not null then 1 else 0 end) as withdrawn
  from promise p join ticket t on t.number = p.ticket left join agent g on g.id = p.agent
 where p.made_at >= :since and p.made_at < :until
   and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
 group by g.login, g.name order by g.login;
