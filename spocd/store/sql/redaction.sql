-- name: redact_message
update message set subject = :subject, text = :text, visible_text = :visible_text, raw = null, evidence = :evidence
 where id = :id;

-- name: texts_of_ticket
select id, origin, position, subject, text, visible_text from message where ticket = :ticket order by id;

-- name: letters_of_ticket
select id, variables from outbox where ticket = :ticket order by id;

-- name: redact_letter
update outbox set variables = :variables where id = :id;

-- name: notices_of_ticket
select id, text from notice where ticket = :ticket order by id;

-- name: redact_notice
update notice set text = :text where id = :id;

-- name: drop_attachment
delete from attachment where message = :message and position = :position;

-- name: attachments_of_message
select position, filename, sha256 from attachment where message = :message order by position;

-- name: attachment_with
select message from attachment where sha256 = :sha256 limit 1;

-- name: twin_with_raw
-- Another message of the very same bytes.
select id from message where content_key = :content_key and raw = :raw and id <> :id limit 1;

-- name: erase_blob
-- The row stays, since what was accepted names it for ever; without a size it is not there (`blob`, `blob_size`).
update blob set size = -1, encoding = 'identity', body = :nothing where sha256 = :sha256;

-- name: spam_to_delete
select number from ticket where state = 'spam' and coalesce(closed_at, opened_at) <= :before
 order by coalesce(closed_at, opened_at) limit :most;

-- name: raw_of_ticket
select id, raw, content_key from message where ticket = :ticket and raw is not null;

-- name: files_of_ticket
select distinct a.sha256 from message m join attachment a on a.message = m.id where m.ticket = :ticket;

-- name: drop_attachments_of_ticket
delete from attachment where message in (select id from message where ticket = :ticket);

-- name: empty_messages
-- The rows stay: a name such as 12.1 is never given again, and what came in and went out names them.
update message set subject = '', text = '', visible_text = '', author_name = '', author_address = '', recipients = '[]',
       reply_to = null, message_id = null, reference_ids = '[]', raw = null, content_key = null, evidence = '{}'
 where ticket = :ticket;

-- name: drop_seen_ids
delete from seen_id where ticket = :ticket;

-- name: drop_correspondents
delete from correspondent where ticket = :ticket;
