-- name: redact_message
update message set subject = :subject, text = :text, visible_text = :visible_text, raw = null, evidence = :evidence
 where id = :id;

-- name: texts_of_ticket
select id, origin, position, subject, text, visible_text, raw, evidence from message where ticket = :ticket order by id;

-- name: redact_texts
update message set subject = :subject, text = :text, visible_text = :visible_text where id = :id;

-- name: subjects_before
select subject from message where ticket = :ticket and id < :id;

-- name: tickets_beside
-- The tickets that may say what is said on this one: merged with it, going on from it, and those of moved messages.
select number from ticket where merged_into = :ticket
union select merged_into from ticket where number = :ticket and merged_into is not null
union select other from ticket_link where ticket = :ticket and relation = 'continues'
union select ticket from ticket_link where other = :ticket and relation = 'continues'
union select ticket from message where origin = :ticket
union select origin from message where ticket = :ticket;

-- name: ways_of_ticket
-- The lines that name a ticket which this one was merged with, or whose messages it had for a while.
select detail from journal
 where ticket = :ticket and event in ('moved', 'moved here', 'merged', 'merged here', 'unmerged') order by id;

-- name: letters_of_ticket
select id, message, recipient, state, unknowns, reply, variables from outbox where ticket = :ticket order by id;

-- name: letters_about_several
-- A page at a time: in some years they are many, and long.
select id, created_at, message, recipient, state, unknowns, reply, variables from outbox
 where ticket is null and created_at >= :since and id > :after order by created_at, id limit :most;

-- name: redact_letter
update outbox set variables = :variables, reply = :reply where id = :id;

-- name: notices_of_ticket
select id, text from notice where ticket = :ticket order by id;

-- name: redact_notice
update notice set text = :text where id = :id;

-- name: lines_of_ticket
-- Whether each is sealed, too: what is, is not rewritten but erased.
select j.id, j.actor, j.event, j.detail, case when s.journal is null then 0 else 1 end as sealed
  from journal j left join journal_seal s on s.journal = j.id where j.ticket = :ticket order by j.id;

-- name: redact_line
update journal set detail = :detail, actor = :actor where id = :id;

-- name: drop_salt
update journal_seal set salt = null where journal = :id;

-- name: answers_of_ticket
select operation, key, result from request_key where ticket = :ticket;

-- name: redact_answer
update request_key set result = :result where operation = :operation and key = :key;

-- name: raws_of_message
-- What came again, as to a further recipient, is the same mail in other bytes.
select raw from inbox where message = :message;

-- name: same_mail_to_read
-- Of the same bytes as often as not: they must be there when it is read.
select id from inbox where state = 'waiting' and content_key = :content_key
union select id from inbox where state = 'reading' and content_key = :content_key
union select id from inbox where state = 'failed' and content_key = :content_key;

-- name: raws_of_no_message
-- Our own mails that came back, and reports about letters that are about no one ticket: both hold our letters.
select raw, evidence from inbox
 where state = 'done' and message is null and received_at >= :since
   and (fate = 'loop' or (fate = 'bounce recorded' and evidence like '%"letter":%'));

-- name: drop_attachment
delete from attachment where message = :message and position = :position;

-- name: rename_attachment
update attachment set filename = :filename where message = :message and position = :position;

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
-- What came again, as to a further recipient, is the same mail in other bytes.
select id, raw, content_key from message where ticket = :ticket and raw is not null
union select m.id, i.raw, m.content_key from message m join inbox i on i.message = m.id
 where m.ticket = :ticket;

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
