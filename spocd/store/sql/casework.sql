-- name: drop_tags
delete from ticket_tag where ticket = :ticket;

-- name: add_tag
insert into ticket_tag (ticket, tag) values (:ticket, :tag);

-- name: set_tags
-- Only beside `change_ticket`, which tests and raises the revision.
update ticket set tags = :tags where number = :ticket;

-- name: set_participant_role
update participant set role = :role where ticket = :ticket and person = :person and role <> :role;
