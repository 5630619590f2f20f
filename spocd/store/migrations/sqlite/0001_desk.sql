-- The desk itself: one row. `held_since` stops all sending until it is null again.
create table desk (
  one integer primary key check (one = 1),
  instance text not null,
  secret_fingerprint text not null,
  held_since integer,
  created_at integer not null
);

-- A run of a daemon. Leases carry its id, so that another node may tell when to take them over. Of one place (a folder
-- on a host) there is one run at a time, as a daemon holds its folder's lock. Once `lost_at` is set, others may have its
-- leases: such a run takes none any more. `shared` is what all nodes must have alike, by its key in spocd.toml: JSON.
create table node (
  run text primary key,
  host text not null,
  place text not null,
  shared text not null,
  pid integer not null,
  started_at integer not null,
  seen_at integer not null,
  lost_at integer
);

-- The key ring: ids and dates only; the keys are derived from the secret.
create table signing_key (
  id text primary key,
  created_at integer not null
);

-- Raw mails and files, once each, named by the SHA-256 of what they are before compression. Of a large one, which lies
-- in pieces, the body is the name that its pieces have in common.
create table blob (
  sha256 text primary key,
  size integer not null,
  encoding text not null check (encoding in ('identity', 'zlib', 'pieces')),
  body blob not null
);

create table blob_piece (
  file text not null,
  start integer not null,
  encoding text not null check (encoding in ('identity', 'zlib')),
  body blob not null,
  primary key (file, start)
);

-- Files whose pieces are on their way in, and which no row of blob names yet. Those that are never finished are dropped.
create table blob_draft (
  file text primary key,
  begun_at integer not null
);

-- `other_language` is that of the last mail where it was another: two in a row change the language.
create table person (
  id integer primary key autoincrement,
  name text not null,
  language text,
  other_language text,
  known_at integer,
  created_at integer not null
);

-- `address` is what two spellings of one mailbox share, `shown` is how its owner writes it.
create table person_address (
  address text primary key,
  person integer not null references person,
  shown text not null,
  created_at integer not null
);
create index person_address_person on person_address (person);

create table agent (
  id integer primary key autoincrement,
  login text not null unique,
  name text not null,
  address text not null,
  role text not null,
  uid integer unique,
  created_at integer not null
);

create table ticket (
  number integer primary key autoincrement,
  subject text not null,
  state text not null,
  kind text not null,
  priority text not null,
  requester integer not null references person,
  assignee integer references agent,
  team text,
  service text,
  channel text not null,
  address text not null,
  opened_at integer not null,
  updated_at integer not null,
  due_at integer,
  waiting_since integer,
  pend_until integer,
  resolved_at integer,
  closed_at integer,
  merged_into integer references ticket,
  rev integer not null
);
-- No index on the state alone: without statistics SQLite would take it for the queue, and sort every open ticket.
create index ticket_active on ticket (number) where state in ('new', 'open', 'pending');
create index ticket_spam on ticket (number) where state = 'spam';
create index ticket_requester on ticket (requester, number);
create index ticket_assignee on ticket (assignee, number) where assignee is not null;
create index ticket_queue on ticket (waiting_since, number)
  where assignee is null and state in ('new', 'open') and waiting_since is not null;
-- The orders of `ticket list`: of what is active, which is little, and of everything by its last change.
create index ticket_active_updated on ticket (updated_at, number) where state in ('new', 'open', 'pending');
create index ticket_active_waiting on ticket (coalesce(waiting_since, 9223372036854775807), number)
  where state in ('new', 'open', 'pending');
create index ticket_updated on ticket (updated_at, number);
create index ticket_pending on ticket (pend_until) where state = 'pending';
create index ticket_resolved on ticket (resolved_at) where state = 'resolved';

create table ticket_link (
  ticket integer not null references ticket,
  relation text not null,
  other integer not null references ticket,
  created_at integer not null,
  primary key (ticket, relation, other)
);
create index ticket_link_other on ticket_link (other);

-- The generation stands in every token of this person on this ticket: raising it revokes them all.
create table participant (
  ticket integer not null references ticket,
  person integer not null references person,
  role text not null,
  generation integer not null default 0,
  since integer not null,
  removed_at integer,
  primary key (ticket, person)
);
create index participant_person on participant (person, ticket);

-- Every address that stood in To or Cc of a mail on a ticket, but our own.
create table correspondent (
  ticket integer not null references ticket,
  address text not null,
  name text not null,
  primary key (ticket, address)
);

-- `origin` and `position` are the message's name for ever (1234.5), whatever ticket it is moved to.
create table message (
  id integer primary key autoincrement,
  ticket integer not null references ticket,
  origin integer not null references ticket,
  position integer not null,
  kind text not null,
  direction text not null,
  person integer references person,
  agent integer references agent,
  author_name text not null,
  author_address text not null,
  recipients text not null,
  reply_to text,
  subject text not null,
  text text not null,
  visible_text text not null,
  message_id text,
  reference_ids text not null,
  raw text references blob,
  content_key text,
  evidence text not null,
  created_at integer not null,
  unique (origin, position)
);
create index message_ticket on message (ticket, id);
create index message_content on message (content_key, created_at) where content_key is not null;

create table attachment (
  message integer not null references message,
  position integer not null,
  filename text not null,
  content_type text not null,
  size integer not null,
  sha256 text not null references blob,
  primary key (message, position)
);

-- Every Message-ID that ever stood in a mail on a ticket, ancestors that we never saw included.
create table seen_id (
  message_id text not null,
  ticket integer not null references ticket,
  primary key (message_id, ticket)
);

-- What was accepted, durable before anybody is told so. Each row ends with exactly one fate. `lease` numbers the leases of
-- a row and only ever rises, so that whoever had an earlier one settles nothing of a later one, of the same run or not;
-- `leases` counts those that came to no end. While a row is leased, `not_before` is when it was taken.
create table inbox (
  id integer primary key autoincrement,
  transport_key text not null,
  content_key text not null,
  channel text not null,
  peer text not null,
  sender text not null,
  recipients text not null,
  raw text not null references blob,
  size integer not null,
  received_at integer not null,
  state text not null check (state in ('waiting', 'reading', 'done', 'failed')),
  run text,
  tries integer not null default 0,
  not_before integer not null,
  fate text,
  ticket integer references ticket,
  message integer references message,
  evidence text,
  error text,
  repeats integer not null default 0,
  leases integer not null default 0,
  lease integer not null default 0
);
create index inbox_transport on inbox (transport_key, received_at);
create index inbox_message on inbox (message) where message is not null;
create index inbox_waiting on inbox (not_before, id) where state = 'waiting';
create index inbox_reading on inbox (id) where state = 'reading';
create index inbox_failed on inbox (id) where state = 'failed';

-- Letters: what is to go out, decided in the transaction of what it tells.
create table outbox (
  id integer primary key autoincrement,
  ticket integer not null references ticket,
  message integer references message,
  person integer not null references person,
  kind text not null,
  cause text not null check (cause in ('mail', 'staff')),
  recipient text not null,
  recipient_key text not null,
  known integer not null,
  language text not null,
  template_version text not null,
  variables text not null,
  key_id text not null,
  generation integer not null,
  in_reply_to text,
  reference_ids text not null,
  state text not null check (state in ('waiting', 'sending', 'sent', 'failed', 'unknown', 'held', 'bounced')),
  dot_sent integer not null default 0,
  unknowns integer not null default 0,
  run text,
  tries integer not null default 0,
  warned integer not null default 0,
  not_before integer not null,
  created_at integer not null,
  first_tried_at integer,
  sent_at integer,
  reply text,
  lease integer not null default 0
);
create index outbox_due on outbox (not_before, id) where state = 'waiting';
create index outbox_sending on outbox (id) where state = 'sending';
create index outbox_failed on outbox (id) where state = 'failed';
create index outbox_unknown on outbox (id) where state = 'unknown';
create index outbox_failed_lately on outbox (not_before) where state = 'failed';
create index outbox_unknown_lately on outbox (not_before) where state = 'unknown';
create index outbox_held on outbox (id) where state = 'held';
create index outbox_ticket on outbox (ticket, id);
create index outbox_automatic on outbox (recipient_key, created_at) where cause = 'mail';
create index outbox_to_unknown on outbox (created_at) where cause = 'mail' and known = 0;

create table journal (
  id integer primary key autoincrement,
  ticket integer references ticket,
  at integer not null,
  actor text not null,
  event text not null,
  detail text not null
);
create index journal_ticket on journal (ticket, id);
create index journal_bad_token on journal (at) where event = 'token refused';

-- What an operation answered under a key, so that asking again changes nothing.
create table request_key (
  operation text not null,
  key text not null,
  parameters text not null,
  result text not null,
  created_at integer not null,
  primary key (operation, key)
);
create index request_key_age on request_key (created_at);
