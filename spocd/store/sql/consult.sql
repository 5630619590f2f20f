-- name: add_consult
insert into consult (ticket, origin, person, address, agent, message, asked_at, remind_at)
values (:ticket, :ticket, :person, :address, :agent, :message, :now, :remind_at)
returning id;

-- name: consults_of_expert
-- By the number that they were given, wherever the case is by now, and whatever they were called when they were asked.
select c.generation, lower(c.address) as address
  from consult c join person o on o.id = c.person
 where c.origin = :origin
   and coalesce(o.survivor, o.id) = (select coalesce(w.survivor, w.id) from person w where w.id = :person)
 order by c.id desc;

-- name: asker_of_expert
-- Who asked them last, whatever they were called then.
select c.agent from consult c join person o on o.id = c.person
 where c.ticket = :ticket and coalesce(o.survivor, o.id) = :person
 order by c.id desc limit 1;

-- name: consults
select c.id, c.asked_at, c.remind_at, c.reminders, c.answered_at, c.ended_at,
       case when o.apart = 1 then o.name else coalesce(nullif(p.name, ''), o.name) end as name,
       c.address, g.login, m.origin, m.position
  from consult c join person o on o.id = c.person join person p on p.id = coalesce(o.survivor, o.id)
  join message m on m.id = c.message left join agent g on g.id = c.agent
 where c.ticket = :ticket order by c.id;

-- name: consults_to_remind
select c.id, c.ticket, c.origin, c.person, c.address, c.agent, c.message, c.generation, c.asked_at, c.remind_at, c.reminders,
       case when o.apart = 1 then o.name else coalesce(nullif(p.name, ''), o.name) end as name, case when o.apart = 1 then o.language else coalesce(p.language, o.language) end as language, m.text
  from consult c join person o on o.id = c.person join person p on p.id = coalesce(o.survivor, o.id)
  join message m on m.id = c.message
 where c.remind_at is not null and c.remind_at <= :now order by c.remind_at limit :most;

-- name: consult_reminded
update consult set remind_at = :remind_at, reminders = :reminders where id = :id;

-- name: consult_answered
-- Whatever this expert was asked about the ticket is answered by what they write, whatever they were called then.
update consult set answered_at = :now, remind_at = null
 where ticket = :ticket and answered_at is null
   and exists (select 1 from person o where o.id = consult.person and coalesce(o.survivor, o.id) = :person);

-- name: end_consult
-- Of this person, whatever they were called when they were asked.
update consult set ended_at = :now, remind_at = null
 where ticket = :ticket and answered_at is null and ended_at is null
   and exists (select 1 from person o where o.id = consult.person
                  and (o.id = :person or coalesce(o.survivor, o.id) = :person));

-- name: end_consults
update consult set ended_at = :now, remind_at = null
 where ticket = :ticket and answered_at is null and ended_at is null;

-- name: last_message_of_requester
select m.kind, m.author_name, m.author_address, m.visible_text, m.created_at
  from message m join ticket t on t.number = m.ticket join person w on w.id = m.person join person r on r.id = t.requester
 where m.ticket = :ticket and m.direction = 'in' and m.kind = 'mail'
   and coalesce(w.survivor, w.id) = coalesce(r.survivor, r.id)
 order by m.id desc limit 1;
