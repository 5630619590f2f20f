-- name: add_message
insert into message (ticket, origin, position, kind, direction, person, agent, author_name, author_address, recipients,
                     reply_to, subject, text, visible_text, message_id, reference_ids, raw, content_key, evidence, created_at)
values (:ticket, :ticket, (select coalesce(max(position), 0) + 1 from message where origin = :ticket), :kind, :direction,
        :person, :agent, :author_name, :author_address, :recipients, :reply_to, :subject, :text, :visible_text, :message_id,
        :reference_ids, :raw, :content_key, :evidence, :now)
returning id, position;

-- name: messages
select id, origin, position, kind, direction, author_name, author_address, recipients, subject, text, visible_text,
       message_id, raw, evidence, created_at
  from message where ticket = :ticket order by id;

-- name: message
select m.id, m.ticket, m.origin, m.position, m.kind, m.direction, m.person, m.author_name, m.author_address, m.subject,
       m.text, m.visible_text, m.message_id, m.reference_ids, m.raw, m.content_key, m.evidence, m.created_at, b.size
  from message m left join blob b on b.sha256 = m.raw where m.origin = :origin and m.position = :position;

-- name: last_message_of_people
-- What an answer answers: the newest mail of somebody on the ticket. A third party's, or one that was moved here, is
-- nothing that the others have seen: it is not shown to them, and their programs would begin another thread with it.
select m.kind, m.author_name, m.author_address, m.visible_text, m.message_id, m.reference_ids, m.created_at
  from message m join person w on w.id = m.person
 where m.ticket = :ticket and m.direction = 'in' and m.kind = 'mail'
   and coalesce(w.survivor, w.id) in (select coalesce(o.survivor, o.id) from participant x join person o on o.id = x.person
                                       where x.ticket = :ticket and x.removed_at is null)
 order by m.id desc limit 1;

-- name: last_reply_to
-- Where one person asked to be answered.
select m.reply_to, m.author_address from message m join person w on w.id = m.person
 where m.ticket = :ticket and coalesce(w.survivor, w.id) = :person and m.direction = 'in' and m.kind = 'mail'
 order by m.id desc limit 1;

-- name: placed_content
-- The same words that came another way: a further recipient, never a second message.
select id, ticket, origin, position from message
 where content_key = :content_key and created_at > :since order by id limit 1;

-- name: move_message
update message set ticket = :ticket where id = :id;

-- name: add_attachments
insert into attachment (message, position, filename, content_type, size, sha256)
values (:message, :position, :filename, :content_type, :size, :sha256);

-- name: ticket_attachments
select a.message, m.origin, m.position, a.filename, a.content_type, a.size, a.sha256
  from attachment a join message m on m.id = a.message where m.ticket = :ticket order by a.message, a.position;

-- name: message_attachments
select filename, content_type, size, sha256 from attachment where message = :message order by position;

-- name: add_blob
-- One that was erased is there again when it comes again.
insert into blob (sha256, size, encoding, body) values (:sha256, :size, :encoding, :body)
on conflict (sha256) do update set size = excluded.size, encoding = excluded.encoding, body = excluded.body
 where blob.size < 0;

-- name: blob
select size, encoding, body from blob where sha256 = :sha256 and size >= 0;

-- name: blob_size
select size from blob where sha256 = :sha256 and size >= 0;

-- name: add_blob_piece
insert into blob_piece (file, start, encoding, body) values (:file, :start, :encoding, :body)
on conflict (file, start) do update set encoding = excluded.encoding, body = excluded.body;

-- name: blob_piece
-- The piece of a file that holds this offset, if it is not past the end.
select start, encoding, body from blob_piece where file = :file and start <= :offset order by start desc limit 1;

-- name: blob_piece_starts
select start from blob_piece where file = :file order by start;

-- name: drop_blob_pieces
delete from blob_piece where file = :file;

-- name: drop_blob_pieces_within
delete from blob_piece where file = :file and start >= :start and start < :upto;

-- name: begin_blob_draft
insert into blob_draft (file, begun_at) values (:file, :now) on conflict (file) do update set begun_at = excluded.begun_at;

-- name: renew_blob_draft
update blob_draft set begun_at = :now where file = :file;

-- name: end_blob_draft
delete from blob_draft where file = :file;

-- name: drop_old_blob_drafts
-- Ahead of their pieces: who names or goes on with a file at this moment has its row, or finds it gone.
delete from blob_draft where begun_at < :before returning file;
