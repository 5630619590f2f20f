-- name: saved_views
-- One's own first. There are not many.
select v.id, v.owner, v.name, v.filters, g.login from saved_view v left join agent g on g.id = v.owner
 where v.owner = cast(:owner as bigint) or v.owner is null
 order by case when v.owner is null then 1 else 0 end, v.name;

-- name: save_view
insert into saved_view (owner, name, filters, created_at) values (:owner, :name, :filters, :now)
on conflict (coalesce(owner, 0), name) do update set filters = excluded.filters;

-- name: forget_view
delete from saved_view where id = :id;
