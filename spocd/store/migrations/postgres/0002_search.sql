-- Search. The words of a ticket as they can be asked for, filled behind everybody's back from the journal: up to the
-- line `position` all of it is in. Of several nodes the one of `run` fills, while `held_at` is fresh.
create table search_cursor (
  one bigint primary key check (one = 1),
  position bigint not null,
  run text collate "C",
  held_at bigint not null
);
insert into search_cursor (one, position, run, held_at) values (1, 0, null, 0);

-- `through` is the newest message whose words are in. Words are only ever added; what takes some away empties the row
-- and raises its generation, which makes void what was read before, and the next pass reads the whole ticket.
create table ticket_words (
  ticket bigint primary key references ticket,
  generation bigint not null,
  through bigint not null,
  words tsvector not null
);
create index ticket_words_search on ticket_words using gin (words);
create table person_words (
  person bigint primary key references person,
  words tsvector not null
);
create index person_words_search on person_words using gin (words);
