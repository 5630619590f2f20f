-- name: ticket_words
select words from ticket_words where ticket = :ticket;

-- name: person_words
select words from person_words where person = :person;

-- name: add_ticket_words
insert into ticket_words (ticket, generation, through, words) values (:ticket, 0, :through, :words)
on conflict (ticket) do nothing;

-- name: change_ticket_words
update ticket_words set through = :through, words = :words
 where ticket = :ticket and generation = :generation and through = :before;

-- name: put_person_words
insert into person_words (person, words) values (:person, :words)
on conflict (person) do update set words = excluded.words where person_words.words <> excluded.words;

-- name: merge_search
-- Each commit leaves a small index of its own; this makes one of four, sixteen pages at a time.
insert into ticket_search (ticket_search, rank) values ('merge', 16);

-- name: merge_all_search
-- Begins to make one index of all, without the words that no ticket has any more; `merge_search` goes on with it.
insert into ticket_search (ticket_search, rank) values ('merge', -16);

-- name: hits
-- Whether a word is common. The forms are parted by spaces.
select count(*) as n from (
  select rowid from ticket_search where ticket_search match '"' || replace(:forms, ' ', '" OR "') || '"' limit :most);

-- name: words_beginning
-- The words of tickets that begin so, up to `most`; none where they are more than `few` and fewer than `common` tickets
-- have one of them, for then the index has put these together sooner than we. To count such tickets takes 25 ms, so the
-- words come first. Each is looked up behind the one before, so that what stands between them, all the tickets of each,
-- is not read. No word holds the character 1: it is behind a word and before all longer.
-- Where there are `most`, those go first that most of the newest tickets have. Where not, these are a range that is
-- empty: a condition would be asked of every ticket. Words hold letters and digits alone, so that a row of them is a list
-- to JSON once it has quotes.
with recursive found (word, n) as (
  select null, 0
  union all
  select (select v.term from ticket_search_words v
           where v.term >= coalesce(found.word || char(1), :beginning) and v.term < :beginning || char(1114111) limit 1),
         n + 1
    from found where n < :most and (n = 0 or word is not null)
),
wanted (yes) as (
  select 1
   where (select count(word) from found) <= :few
      or :common <= (select count(*) from (
           select 1 from ticket_search_words where term >= :beginning and term < :beginning || char(1114111) limit :common))
),
often (word, tickets) as (
  select each.value, count(*)
    from (select words from ticket_words
           where ticket > (select case when exists (select 1 from wanted) and :most <= (select count(word) from found)
                                       then 0 else 9223372036854775807 end)
           order by ticket desc limit :newest) newest
    cross join json_each('["' || replace(newest.words, ' ', '","') || '"]') each
   where instr(' ' || newest.words, ' ' || :beginning) > 0
     and each.value >= :beginning and each.value < :beginning || char(1114111)
   group by each.value order by 2 desc, 1 limit :most
)
select word, tickets from often
union all
select word, 0 from found where word is not null and exists (select 1 from wanted)
order by 2 desc, 1;
