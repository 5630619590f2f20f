-- Search. The words of a ticket as they can be asked for, filled behind everybody's back from the journal: up to the
-- line `position` all of it is in. Of several nodes the one of `run` fills, while `held_at` is fresh.
create table search_cursor (
  one integer primary key check (one = 1),
  position integer not null,
  run text,
  held_at integer not null
);
insert into search_cursor (one, position, run, held_at) values (1, 0, null, 0);

-- `through` is the newest message whose words are in. Words are only ever added; what takes some away empties the row
-- and raises its generation, which makes void what was read before, and the next pass reads the whole ticket.
create table ticket_words (
  ticket integer primary key references ticket,
  generation integer not null,
  through integer not null,
  words text not null
);
create table person_words (
  person integer primary key references person,
  words text not null
);

-- The words are folded and parted by spaces: the ASCII tokenizer leaves them as they are.
create virtual table ticket_search using fts5 (
  words, content = 'ticket_words', content_rowid = 'ticket', tokenize = 'ascii', detail = none, columnsize = 0
);
create virtual table person_search using fts5 (
  words, content = 'person_words', content_rowid = 'person', tokenize = 'ascii', detail = none, columnsize = 0
);
-- Left to itself, a commit merges up to 70 ms of index now and then, and accepting would wait for it.
insert into ticket_search (ticket_search, rank) values ('automerge', 0);
insert into ticket_search (ticket_search, rank) values ('usermerge', 8);
insert into ticket_search (ticket_search, rank) values ('crisismerge', 200);

create trigger ticket_words_come after insert on ticket_words begin
  insert into ticket_search (rowid, words) values (new.ticket, new.words);
end;
create trigger ticket_words_change after update of words on ticket_words begin
  insert into ticket_search (ticket_search, rowid, words) values ('delete', old.ticket, old.words);
  insert into ticket_search (rowid, words) values (new.ticket, new.words);
end;
create trigger ticket_words_go after delete on ticket_words begin
  insert into ticket_search (ticket_search, rowid, words) values ('delete', old.ticket, old.words);
end;
create trigger person_words_come after insert on person_words begin
  insert into person_search (rowid, words) values (new.person, new.words);
end;
create trigger person_words_change after update of words on person_words begin
  insert into person_search (person_search, rowid, words) values ('delete', old.person, old.words);
  insert into person_search (rowid, words) values (new.person, new.words);
end;
create trigger person_words_go after delete on person_words begin
  insert into person_search (person_search, rowid, words) values ('delete', old.person, old.words);
end;
