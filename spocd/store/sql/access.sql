-- name: services_hidden_from
-- The restricted services whose team an agent is not in.
select s.key from service s
 where s.restricted = 1
   and not exists (select 1 from team_member m where m.team = s.team and m.agent = :agent);

-- name: service_of_ticket
select service from ticket where number = :number;

-- name: service_of_message
select t.service from message m join ticket t on t.number = m.ticket where m.origin = :origin and m.position = :position;

-- name: tickets_seen_of
-- How many tickets of a person an agent sees.
select count(*) as n from ticket t
 where t.requester = :person
   and not exists (select 1 from service s where s.key = t.service and s.restricted = 1
                      and not exists (select 1 from team_member m where m.team = s.team and m.agent = :viewer));
