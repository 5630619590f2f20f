-- name: turns_between
-- What the reports on fairness and hand-overs list, the newest first; `events` are one of the two sets. All the events
-- of the index journal_turn stand here as they stand there, since only so does it serve. What is hidden from a viewer is
-- left out, as everywhere.
select j.id, j.ticket, j.at, j.actor, j.event, j.detail from journal j
 where j.event in ('taken', 'assigned', 'handed over', 'released', 'returned', 'escalated', 'given to a team',
                   'out of turn', 'before its time')
   and (cast(:of_jumps as bigint) = 1 and j.event in ('out of turn', 'before its time')
        or cast(:of_jumps as bigint) = 0
           and j.event in ('handed over', 'released', 'returned', 'escalated', 'given to a team'))
   and j.at >= :since and j.at < :until
   and not exists (select 1 from ticket t join hidden_service h on h.service = t.service
                    where t.number = j.ticket and h.agent = :viewer)
 order by j.at desc, j.id desc limit :most;

-- name: turn_counts
select j.event, count(*) as n from journal j
 where j.event in ('taken', 'assigned', 'handed over', 'released', 'returned', 'escalated', 'given to a team',
                   'out of turn', 'before its time')
   and j.at >= :since and j.at < :until
   and not exists (select 1 from ticket t join hidden_service h on h.service = t.service
                    where t.number = j.ticket and h.agent = :viewer)
 group by j.event;

-- name: taken_in_turn
-- Whatever came into somebody's hands without a line, just before, that it was out of turn. What nobody waited for, or
-- was taken early by a promise, is in turn.
select count(*) as n from journal j
 where j.event in ('taken', 'assigned', 'handed over', 'released', 'returned', 'escalated', 'given to a team',
                   'out of turn', 'before its time')
   and j.event in ('taken', 'assigned') and j.at >= :since and j.at < :until
   and coalesce((select b.event from journal b
                  where b.ticket = j.ticket and b.id < j.id and b.event in ('taken', 'assigned', 'out of turn')
                  order by b.id desc limit 1), '') <> 'out of turn'
   and not exists (select 1 from ticket t join hidden_service h on h.service = t.service
                    where t.number = j.ticket and h.agent = :viewer);

-- name: fairness_groups
-- Of the tickets opened in a span of time, by what they have in common: how long they waited until somebody had them,
-- and until they were answered. The median is the middle value, or the mean of the two middle ones, in whole seconds,
-- a half up. The 90th percentile is the nearest rank: the smallest value that nine of ten, or more, stayed within.
with opened as (
  select t.number, t.opened_at, t.first_answered_at, t.state,
         coalesce(case cast(:by as text)
           when 'all' then 'all'
           when 'channel' then t.channel
           when 'organisation' then b.organisation
           when 'team' then t.team
           when 'group' then g.name
           when 'person' then
             (select a.shown from person_address a where a.person = p.id order by a.created_at, a.address limit 1)
         end, '') as whose
    -- Who was merged into another is that other, with the groups of both.
    from ticket t join person o on o.id = t.requester join person p on p.id = coalesce(o.survivor, o.id)
         left join belonging b on cast(:by as text) = 'organisation' and b.person = p.id
         left join (select distinct coalesce(one.survivor, one.id) as person, m.name
                      from person_group m join person one on one.id = m.person) g
           on cast(:by as text) = 'group' and g.person = p.id
   where t.opened_at >= :since and t.opened_at < :until and t.state <> 'spam' and t.merged_into is null
     and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
), first_taken as (
  -- The sum keeps SQLite from reading all lines of all times in the order of their tickets.
  select j.ticket + 0 as ticket, min(j.at) as at from journal j
   where j.event in ('taken', 'assigned', 'handed over', 'released', 'returned', 'escalated', 'given to a team',
                     'out of turn', 'before its time')
     and j.event in ('taken', 'assigned') and j.at >= :since
   group by j.ticket + 0
), waits as (
  select o.whose, f.at - o.opened_at as taken, o.first_answered_at - o.opened_at as answered,
         case when f.at is null and o.first_answered_at is null and o.state in ('new', 'open', 'pending')
              then o.opened_at end as untaken
    from opened o left join first_taken f on f.ticket = o.number
), ranked_taken as (
  select whose, taken as seconds, row_number() over (partition by whose order by taken) as place,
         count(*) over (partition by whose) as n
    from waits where taken is not null
), ranked_answered as (
  select whose, answered as seconds, row_number() over (partition by whose order by answered) as place,
         count(*) over (partition by whose) as n
    from waits where answered is not null
)
select whose, 'tickets' as what, count(*) as n, count(untaken) as median, min(untaken) as p90 from waits group by whose
union all
select whose, 'taken', max(n),
       (min(case when place * 2 between n and n + 2 then seconds end)
         + max(case when place * 2 between n and n + 2 then seconds end) + 1) / 2,
       min(case when place * 10 >= n * 9 then seconds end)
  from ranked_taken group by whose
union all
select whose, 'answered', max(n),
       (min(case when place * 2 between n and n + 2 then seconds end)
         + max(case when place * 2 between n and n + 2 then seconds end) + 1) / 2,
       min(case when place * 10 >= n * 9 then seconds end)
  from ranked_answered group by whose;
