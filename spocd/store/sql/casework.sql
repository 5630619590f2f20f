-- name: drop_tags
delete from ticket_tag where ticket = :ticket;

-- name: add_tag
insert into ticket_tag (ticket, tag) values (:ticket, :tag);

-- name: set_tags
-- Only beside `change_ticket`, which tests and raises the revision.
update ticket set tags = :tags where number = :ticket;

-- name: set_participant_role
update participant set role = :role where ticket = :ticket and person = :person and role <> :role;

-- name: unlink_tickets
delete from ticket_link where ticket = :ticket and relation = :relation and other = :other;

-- name: link_of
select other from ticket_link where ticket = :ticket and relation = :relation limit 1;

-- name: link_leads_to
-- Whether who follows the links of one relation from a ticket comes to another. A circle that is there ends it too.
with recursive reached (number) as (
  select other from ticket_link where ticket = :start and relation = :relation
  union
  select l.other from reached r join ticket_link l on l.ticket = r.number and l.relation = :relation
)
select number from reached where number = :goal limit 1;

-- name: open_linked_to
-- The open tickets that are linked to this one, but for those that the viewer never sees.
select t.number, t.state from ticket_link l join ticket t on t.number = l.ticket
 where l.other = :ticket and l.relation = :relation and t.state in ('new', 'open', 'pending')
   and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
 order by t.number;

-- name: link_outside
insert into outside_link (ticket, relation, target, created_at) values (:ticket, :relation, :target, :now)
on conflict (ticket, relation, target) do nothing;

-- name: unlink_outside
delete from outside_link where ticket = :ticket and relation = :relation and target = :target;

-- name: outside_links
select relation, target from outside_link where ticket = :ticket order by relation, target;
