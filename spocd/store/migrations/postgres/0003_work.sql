-- The desk at work: teams, services, organisations, calendars, canned answers (desk.toml), presence, hand-overs, consults,
-- promises, and the seals of the journal.

create table team (
  key text collate "C" primary key,
  name text collate "C" not null,
  address text collate "C" not null,
  created_at bigint not null
);
create table team_member (
  team text collate "C" not null references team,
  agent bigint not null references agent,
  primary key (team, agent)
);
create index team_member_agent on team_member (agent, team);

-- The card of an agent. `digest` is the hour of the desk's zone (08:00) at which notices come as one mail, "" where each comes
-- at once; in the quiet hours (18:00-07:00) none comes. Who has left keeps the row, since what they did stays theirs.
alter table agent add column title text collate "C" not null default '';
alter table agent add column hours text collate "C" not null default '';
alter table agent add column picture text collate "C" not null default '';
alter table agent add column signature text collate "C" not null default '';
alter table agent add column language text collate "C";
alter table agent add column tier bigint not null default 1;
alter table agent add column digest text collate "C" not null default '';
alter table agent add column quiet text collate "C" not null default '';
alter table agent add column left_at bigint;
-- The team that gets the cases of somebody who left.
alter table agent add column left_to text collate "C";
-- When they were last given a ticket: who has gone longest without is given the next one.
alter table agent add column given_at bigint;
create table agent_skill (
  agent bigint not null references agent,
  skill text collate "C" not null,
  primary key (agent, skill)
);

-- While an absence has begun and not ended, nothing is given to that agent. `until_at` is null where nobody knows.
create table absence (
  id bigint generated always as identity primary key,
  agent bigint not null references agent,
  from_at bigint not null,
  until_at bigint,
  deputy bigint references agent,
  reason text collate "C",
  begun_at bigint,
  ended_at bigint,
  created_at bigint not null
);
create index absence_open on absence (agent, from_at) where ended_at is null;

create table calendar (
  key text collate "C" primary key,
  zone text collate "C" not null,
  hours text collate "C" not null,
  holidays text collate "C" not null,
  created_at bigint not null
);

-- `manager` looks after what the desk does for them; `briefing` is shown with each of their tickets.
create table organisation (
  key text collate "C" primary key,
  name text collate "C" not null,
  briefing text collate "C" not null,
  manager bigint references agent,
  created_at bigint not null
);
create table organisation_domain (
  domain text collate "C" primary key,
  organisation text collate "C" not null references organisation
);
create index organisation_domain_organisation on organisation_domain (organisation);

-- `name` and `description` are JSON: a text a language. Only the team of a restricted service and leads see its tickets.
create table service (
  key text collate "C" primary key,
  name text collate "C" not null,
  description text collate "C" not null,
  team text collate "C" references team,
  calendar text collate "C" references calendar,
  kind text collate "C" not null,
  priority text collate "C" not null,
  restricted bigint not null,
  facts text collate "C" not null,
  created_at bigint not null
);
create index service_restricted on service (key) where restricted = 1;
-- From whom which services are hidden: nobody but their team sees their tickets. That leads see all of them, says who asks:
-- their agent is null there.
create view hidden_service as
select s.key as service, g.id as agent from service s cross join agent g
 where s.restricted = 1 and not exists (select 1 from team_member m where m.team = s.team and m.agent = g.id);
-- Whoever takes a ticket of the service has all of these.
create table service_skill (
  service text collate "C" not null references service,
  skill text collate "C" not null,
  primary key (service, skill)
);

create table canned (
  key text collate "C" primary key,
  service text collate "C" references service,
  title text collate "C" not null,
  body text collate "C" not null,
  created_at bigint not null
);

-- A person who is merged into another keeps a row, so that it can be undone. `survivor` is who they are by that, at the end
-- of a chain of merges, and null for whoever was not merged: coalesce(survivor, id) is the same for all of one person.
alter table person add column organisation text collate "C" references organisation;
alter table person add column merged_into bigint references person;
alter table person add column survivor bigint references person;
-- 1: merged into somebody whom an outsider named, and who knew nothing of them. Name, language and groups stay apart, for
-- whoever sees the tickets of this row.
alter table person add column apart integer not null default 0;
-- Since when they are on the desk's list by a directory, and so no secret of whoever helped them. Null: known from tickets
-- and questions to experts alone, and there for those who see one of these.
alter table person add column entered_at bigint;
create index person_merged on person (merged_into) where merged_into is not null;
create index person_one on person (coalesce(survivor, id));
create index person_organisation on person (organisation, id) where organisation is not null;
alter table person_address add column domain text collate "C" not null default '';
update person_address set domain = split_part(address, '@', 2);
create index person_address_domain on person_address (domain, person);
create table person_group (
  person bigint not null references person,
  name text collate "C" not null,
  primary key (person, name)
);
create index person_group_name on person_group (name, person);

-- The organisation of a person: the one that somebody gave them, else that of the domain they write from. `+` takes the
-- column's affinity away, without which SQLite does not use the index person_one.
create view belonging as
  select o.id as person, coalesce(p.organisation, (
           select d.organisation
             from person one join person_address a on a.person = one.id join organisation_domain d on d.domain = a.domain
            where coalesce(one.survivor, one.id) = +p.id
            order by case when one.survivor is null then 0 else 1 end, a.created_at, a.address limit 1)) as organisation
    from person o join person p on p.id = coalesce(o.survivor, o.id);

-- `untouched_since` is since when somebody has it and has done nothing yet; null once they did. `reporter` is the agent
-- who wrote it down for somebody. `direction` says who called whom. `tags` are those of ticket_tag, parted by spaces.
alter table ticket add column tier bigint not null default 1;
alter table ticket add column untouched_since bigint;
alter table ticket add column first_answered_at bigint;
update ticket set first_answered_at = (select min(m.created_at) from message m
                                        where m.ticket = ticket.number and m.direction = 'out' and m.kind = 'mail');
alter table ticket add column resolution text collate "C";
alter table ticket add column reporter bigint references agent;
alter table ticket add column direction text collate "C" not null default 'in';
alter table ticket add column tags text collate "C" not null default '';
-- The fair order: what is promised for a time comes first, by that time; the rest by how long it waits.
drop index ticket_queue;
create index ticket_queue on ticket (coalesce(due_at, 9223372036854775807), waiting_since, number)
  where assignee is null and state in ('new', 'open') and waiting_since is not null;
create index ticket_queue_of_team on ticket (coalesce(team, ''), coalesce(due_at, 9223372036854775807), waiting_since, number)
  where assignee is null and state in ('new', 'open') and waiting_since is not null;
create index ticket_active_due on ticket (coalesce(due_at, 9223372036854775807), number)
  where state in ('new', 'open', 'pending');
create index ticket_untouched on ticket (untouched_since) where untouched_since is not null and waiting_since is not null;
create index ticket_assignee_open on ticket (assignee, number)
  where assignee is not null and state in ('new', 'open', 'pending');
create index ticket_held_of_service on ticket (service, state, assignee)
  where assignee is not null and service is not null and state in ('new', 'open', 'pending');
create index ticket_service on ticket (service, number) where service is not null;
create index ticket_team on ticket (team, number) where team is not null;
create index ticket_opened on ticket (opened_at, number);
-- Spam that is still to be deleted, by when it was filed.
create index ticket_spam_age on ticket (coalesce(closed_at, opened_at)) where state = 'spam';
-- Whether another message has a file that one is to lose.
create index attachment_file on attachment (sha256);
create table ticket_tag (
  ticket bigint not null references ticket,
  tag text collate "C" not null,
  primary key (ticket, tag)
);
create index ticket_tag_tag on ticket_tag (tag, ticket);
-- A change, a ticket of another system, a page: what is not in this desk, as somebody wrote it down.
create table outside_link (
  ticket bigint not null references ticket,
  relation text collate "C" not null,
  target text collate "C" not null,
  created_at bigint not null,
  primary key (ticket, relation, target)
);
-- What undoes a merge, as JSON: what both tickets were, the messages, promises and consults that moved, and who joined.
create table merged_ticket (
  ticket bigint primary key references ticket,
  survivor bigint not null references ticket,
  was text collate "C" not null,
  messages text collate "C" not null,
  joined text collate "C" not null,
  awaited text collate "C" not null,
  created_at bigint not null
);
create index ticket_merged on ticket (merged_into) where merged_into is not null;
create index merged_ticket_survivor on merged_ticket (survivor);
-- Who has sent a file, of those from whom tickets are hidden: they may have it before a message of theirs has it.
create table blob_sender (
  sha256 text collate "C" not null references blob,
  uid bigint not null,
  sent_at bigint not null,
  primary key (sha256, uid)
);
create index blob_sender_age on blob_sender (sent_at);
-- The words of a list that somebody asks for often, under a name. Without an owner it is everybody's.
create table saved_view (
  id bigint generated always as identity primary key,
  owner bigint references agent,
  name text collate "C" not null,
  filters text collate "C" not null,
  created_at bigint not null
);
create unique index saved_view_name on saved_view (coalesce(owner, 0), name);

-- What an agent promised a person for a time. It ends kept, broken (and may still be kept late) or withdrawn.
create table promise (
  id bigint generated always as identity primary key,
  ticket bigint not null references ticket,
  agent bigint references agent,
  made_at bigint not null,
  due_at bigint not null,
  warned_at bigint,
  broken_at bigint,
  kept_at bigint,
  withdrawn_at bigint
);
create index promise_open on promise (due_at)
  where kept_at is null and withdrawn_at is null and broken_at is null;
create index promise_ticket on promise (ticket, id);
create index promise_made on promise (made_at);

-- An expert or supplier who was asked, at that address. The generation stands in their token, with the number of the ticket
-- that they were asked on, `origin`; `ticket` is where the case is now. Whoever is asked again gets a further row.
create table consult (
  id bigint generated always as identity primary key,
  ticket bigint not null references ticket,
  person bigint not null references person,
  address text collate "C" not null,
  origin bigint not null references ticket,
  agent bigint references agent,
  message bigint not null references message,
  generation bigint not null default 0,
  asked_at bigint not null,
  remind_at bigint,
  reminders bigint not null default 0,
  answered_at bigint,
  ended_at bigint
);
create index consult_ticket on consult (ticket, id);
create index consult_person on consult (person, id);
create index consult_origin on consult (origin);
create index consult_remind on consult (remind_at) where remind_at is not null;
create index consult_asked on consult (asked_at);

-- What an agent is to be told later: at the hour of the digest, or when the quiet hours end.
create table notice (
  id bigint generated always as identity primary key,
  agent bigint not null references agent,
  ticket bigint references ticket,
  what text collate "C" not null,
  text text collate "C" not null,
  at bigint not null,
  not_before bigint not null
);
create index notice_due on notice (not_before, agent);
create index notice_agent on notice (agent, id);
create index notice_ticket on notice (ticket) where ticket is not null;

-- A letter may be an agent's, and about no ticket. `purpose` is that of the token that it is answered to.
alter table outbox alter column ticket drop not null;
alter table outbox alter column person drop not null;
alter table outbox add column agent bigint references agent;
alter table outbox add column purpose text collate "C" not null default 'r';
alter table outbox alter column purpose drop default;

-- Who was given what, and why: the reports on fairness and hand-overs read these lines alone, by time.
create index journal_turn on journal (at, id)
  where event in ('taken', 'assigned', 'handed over', 'released', 'returned', 'escalated', 'given to a team', 'out of turn',
                  'before its time');

-- Whom a line tells of, where it is about a person.
alter table journal add column person bigint references person;
create index journal_person on journal (person, id) where person is not null;

-- The journal, sealed: each seal is made of the one before it and of a salted digest of its line. Where a person's data are
-- erased, the line's detail and its salt go and the digest stays, so that the chain still holds.
create table journal_seal (
  journal bigint primary key references journal,
  salt text collate "C",
  digest text collate "C" not null,
  seal text collate "C" not null
);
create index journal_at on journal (at, id);
create index journal_actor on journal (actor, at, id);

-- What words are taken out of, wherever they came to stand: digests, the stored answers about a ticket, and mails that
-- became no message.
create index outbox_about_several on outbox (created_at, id) where ticket is null;
alter table request_key add column ticket bigint references ticket;
create index request_key_ticket on request_key (ticket) where ticket is not null;
create index inbox_no_message on inbox (received_at) where state = 'done' and message is null;
