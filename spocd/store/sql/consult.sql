-- name: add_consult
insert into consult (ticket, person, agent, message, asked_at, remind_at)
values (:ticket, :person, :agent, :message, :now, :remind_at)
returning id;

-- name: consults_of_expert
-- Of a ticket that was merged away too: its experts answer to the number that they were given.
select c.id, c.generation, c.agent, c.answered_at, c.ended_at,
       coalesce((select lower(a.address) from person_address a where a.person = c.person
                  order by a.created_at, a.address limit 1), '') as address
  from consult c
 where c.ticket in (:ticket, :survivor) and c.person = :person order by c.id desc;

-- name: consults
select c.id, c.asked_at, c.remind_at, c.reminders, c.answered_at, c.ended_at, p.name,
       coalesce((select a.shown from person_address a where a.person = p.id order by a.created_at, a.address limit 1), '')
         as address,
       g.login, m.origin, m.position
  from consult c join person p on p.id = c.person join message m on m.id = c.message left join agent g on g.id = c.agent
 where c.ticket = :ticket order by c.id;

-- name: consults_to_remind
select c.id, c.ticket, c.person, c.agent, c.message, c.generation, c.asked_at, c.remind_at, c.reminders, p.name, p.language,
       coalesce((select a.shown from person_address a where a.person = p.id order by a.created_at, a.address limit 1), '')
         as address,
       m.text
  from consult c join person p on p.id = c.person join message m on m.id = c.message
 where c.remind_at is not null and c.remind_at <= :now order by c.remind_at limit :most;

-- name: consult_reminded
update consult set remind_at = :remind_at, reminders = :reminders where id = :id;

-- name: consult_answered
-- Whatever this expert was asked about the ticket is answered by what they write.
update consult set answered_at = :now, remind_at = null
 where ticket in (:ticket, :survivor) and person = :person and answered_at is null;

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
