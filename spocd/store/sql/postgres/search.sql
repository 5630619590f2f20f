-- name: ticket_words
select array_to_string(tsvector_to_array(words), ' ') as words from ticket_words where ticket = :ticket;

-- name: person_words
select array_to_string(tsvector_to_array(words), ' ') as words from person_words where person = :person;

-- name: add_ticket_words
insert into ticket_words (ticket, generation, through, words)
values (:ticket, 0, :through, array_to_tsvector(string_to_array(:words, ' ')))
on conflict (ticket) do nothing;

-- name: change_ticket_words
update ticket_words set through = :through, words = array_to_tsvector(string_to_array(:words, ' '))
 where ticket = :ticket and generation = :generation and through = :before;

-- name: put_person_words
insert into person_words (person, words) values (:person, array_to_tsvector(string_to_array(:words, ' ')))
on conflict (person) do update set words = excluded.words where person_words.words <> excluded.words;

-- name: merge_search
-- GIN keeps itself in order.
select 1;

-- name: merge_all_search
select 1;

-- name: hits
-- Whether a word is common. The forms are parted by spaces.
select count(*) as n from (
  select 1 from ticket_words
   where words @@ cast('''' || replace(cast(:forms as text), ' ', ''' | ''') || '''' as tsquery) limit :most) found;

-- name: words_beginning
-- GIN puts the tickets of all words that begin alike together sooner than a search for each of them would; and with many
-- words in it a search is taken for a common one, and every ticket is read where another of its words is in none.
select cast(null as text) as word where false;
