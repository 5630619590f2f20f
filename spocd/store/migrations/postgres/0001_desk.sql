-- The same tables as on SQLite: names, columns, keys, indexes. Text sorts by its octets there, hence collate "C".

-- The desk itself: one row. `held_since` stops all sending until it is null again.
create table desk (
  one bigint primary key check (one = 1),
  instance text collate "C" not null,
  secret_fingerprint text collate "C" not null,
  held_since bigint,
  created_at bigint not null
);

-- A run of a daemon. Leases carry its id, so that another node may tell when to take them over. Of one place (a folder
-- on a host) there is one run at a time, as a daemon holds its folder's lock. Once `lost_at` is set, others may have its
-- leases: such a run takes none any more. `shared` is what all nodes must have alike, by its key in spocd.toml: JSON.
create table node (
  run text collate "C" primary key,
  host text collate "C" not null,
  place text collate "C" not null,
  shared text collate "C" not null,
  pid bigint not null,
  started_at bigint not null,
  seen_at bigint not null,
  lost_at bigint
);

-- The key ring: ids and dates only; the keys are derived from the secret.
create table signing_key (
  id text collate "C" primary key,
  created_at bigint not null
);

-- Raw mails and files, once each, named by the SHA-256 of what they are before compression. Of a large one, which lies
-- in pieces, the body is the name that its pieces have in common.
create table blob (
  sha256 text collate "C" primary key,
  size bigint not null,
  encoding text collate "C" not null check (encoding in ('identity', 'zlib', 'pieces')),
  body bytea not null
);

-- It is compressed already where that helps.
alter table blob alter column body set storage external;

create table blob_piece (
  file text collate "C" not null,
  start bigint not null,
  encoding text collate "C" not null check (encoding in ('identity', 'zlib')),
  body bytea not null,
  primary key (file, start)
);
alter table blob_piece alter column body set storage external;

-- Files whose pieces are on their way in, and which no row of blob names yet. Those that are never finished are dropped.
create table blob_draft (
  file text collate "C" primary key,
  begun_at bigint not null
);

-- `other_language` is that of the last mail where it was another: two in a row change the language.
create table person (
  id bigint generated always as identity primary key,
  name text collate "C" not null,
  language text collate "C",
  other_language text collate "C",
  known_at bigint,
  created_at bigint not null
);

-- `address` is what two spellings of one mailbox share, `shown` is how its owner writes it.
create table person_address (
  address text collate "C" primary key,
  person bigint not null references person,
  shown text collate "C" not null,
  created_at bigint not null
);
create index person_address_person on person_address (person);

create table agent (
  id bigint generated always as identity primary key,
  login text collate "C" not null unique,
  name text collate "C" not null,
  address text collate "C" not null,
  role text collate "C" not null,
  uid bigint unique,
  created_at bigint not null
);

create table ticket (
  number bigint primary key,
  subject text collate "C" not null,
  state text collate "C" not null,
  kind text collate "C" not null,
  priority text collate "C" not null,
  requester bigint not null references person,
  assignee bigint references agent,
  team text collate "C",
  service text collate "C",
  channel text collate "C" not null,
  address text collate "C" not null,
  opened_at bigint not null,
  updated_at bigint not null,
  due_at bigint,
  waiting_since bigint,
  pend_until bigint,
  resolved_at bigint,
  closed_at bigint,
  merged_into bigint references ticket,
  rev bigint not null
);
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
  ticket bigint not null references ticket,
  relation text collate "C" not null,
  other bigint not null references ticket,
  created_at bigint not null,
  primary key (ticket, relation, other)
);
create index ticket_link_other on ticket_link (other);

-- The generation stands in every token of this person on this ticket: raising it revokes them all.
create table participant (
  ticket bigint not null references ticket,
  person bigint not null references person,
  role text collate "C" not null,
  generation bigint not null default 0,
  since bigint not null,
  removed_at bigint,
  primary key (ticket, person)
);
create index participant_person on participant (person, ticket);

-- Every address that stood in To or Cc of a mail on a ticket, but our own.
create table correspondent (
  ticket bigint not null references ticket,
  address text collate "C" not null,
  name text collate "C" not null,
  primary key (ticket, address)
);

-- `origin` and `position` are the message's name for ever (1234.5), whatever ticket it is moved to.
create table message (
  id bigint generated always as identity primary key,
  ticket bigint not null references ticket,
  origin bigint not null references ticket,
  position bigint not null,
  kind text collate "C" not null,
  direction text collate "C" not null,
  person bigint references person,
  agent bigint references agent,
  author_name text collate "C" not null,
  author_address text collate "C" not null,
  recipients text collate "C" not null,
  reply_to text collate "C",
  subject text collate "C" not null,
  text text collate "C" not null,
  visible_text text collate "C" not null,
  message_id text collate "C",
  reference_ids text collate "C" not null,
  raw text collate "C" references blob,
  content_key text collate "C",
  evidence text collate "C" not null,
  created_at bigint not null,
  unique (origin, position)
);
create index message_ticket on message (ticket, id);
create index message_content on message (content_key, created_at) where content_key is not null;

create table attachment (
  message bigint not null references message,
  position bigint not null,
  filename text collate "C" not null,
  content_type text collate "C" not null,
  size bigint not null,
  sha256 text collate "C" not null references blob,
  primary key (message, position)
);

-- Every Message-ID that ever stood in a mail on a ticket, ancestors that we never saw included.
create table seen_id (
  message_id text collate "C" not null,
  ticket bigint not null references ticket,
  primary key (message_id, ticket)
);

-- What was accepted, durable before anybody is told so. Each row ends with exactly one fate. `lease` numbers the leases of
-- a row and only ever rises, so that whoever had an earlier one settles nothing of a later one, of the same run or not;
-- `leases` counts those that came to no end. While a row is leased, `not_before` is when it was taken.
create table inbox (
  id bigint generated always as identity primary key,
  transport_key text collate "C" not null,
  content_key text collate "C" not null,
  channel text collate "C" not null,
  peer text collate "C" not null,
  sender text collate "C" not null,
  recipients text collate "C" not null,
  raw text collate "C" not null references blob,
  size bigint not null,
  received_at bigint not null,
  state text collate "C" not null check (state in ('waiting', 'reading', 'done', 'failed')),
  run text collate "C",
  tries bigint not null default 0,
  not_before bigint not null,
  fate text collate "C",
  ticket bigint references ticket,
  message bigint references message,
  evidence text collate "C",
  error text collate "C",
  repeats bigint not null default 0,
  leases bigint not null default 0,
  lease bigint not null default 0
);
create index inbox_transport on inbox (transport_key, received_at);
create index inbox_message on inbox (message) where message is not null;
create index inbox_waiting on inbox (not_before, id) where state = 'waiting';
create index inbox_reading on inbox (id) where state = 'reading';
create index inbox_failed on inbox (id) where state = 'failed';

-- Letters: what is to go out, decided in the transaction of what it tells.
create table outbox (
  id bigint generated always as identity primary key,
  ticket bigint not null references ticket,
  message bigint references message,
  person bigint not null references person,
  kind text collate "C" not null,
  cause text collate "C" not null check (cause in ('mail', 'staff')),
  recipient text collate "C" not null,
  recipient_key text collate "C" not null,
  known bigint not null,
  language text collate "C" not null,
  template_version text collate "C" not null,
  variables text collate "C" not null,
  key_id text collate "C" not null,
  generation bigint not null,
  in_reply_to text collate "C",
  reference_ids text collate "C" not null,
  state text collate "C" not null check (state in ('waiting', 'sending', 'sent', 'failed', 'unknown', 'held', 'bounced')),
  dot_sent bigint not null default 0,
  unknowns bigint not null default 0,
  run text collate "C",
  tries bigint not null default 0,
  warned bigint not null default 0,
  not_before bigint not null,
  created_at bigint not null,
  first_tried_at bigint,
  sent_at bigint,
  reply text collate "C",
  lease bigint not null default 0
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
  id bigint generated always as identity primary key,
  ticket bigint references ticket,
  at bigint not null,
  actor text collate "C" not null,
  event text collate "C" not null,
  detail text collate "C" not null
);
create index journal_ticket on journal (ticket, id);
create index journal_bad_token on journal (at) where event = 'token refused';

-- What an operation answered under a key, so that asking again changes nothing.
create table request_key (
  operation text collate "C" not null,
  key text collate "C" not null,
  parameters text collate "C" not null,
  result text collate "C" not null,
  created_at bigint not null,
  primary key (operation, key)
);
create index request_key_age on request_key (created_at);
