-- name: services_hidden_from
-- The restricted services whose team an agent is not in.
select service as key from hidden_service where agent = :agent;

-- name: service_of_message
select t.service from message m join ticket t on t.number = m.ticket where m.origin = :origin and m.position = :position;

-- name: tickets_seen_of
-- How many tickets of a person an agent sees.
select count(*) as n from ticket t
 where t.requester = :person
   and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer);

-- name: services_hidden_from_team
-- The restricted services of other teams: what whoever reads a team's mails may not see.
select key from service where restricted = 1 and (team is null or team <> :team);

-- name: file_seen
-- Whether a file stands on a ticket that the viewer sees.
select a.message from attachment a join message m on m.id = a.message join ticket t on t.number = m.ticket
 where a.sha256 = :sha256
   and not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)
 limit 1;

-- name: file_sent
select sent_at from blob_sender where sha256 = :sha256 and uid = :uid;

-- name: remember_sender
insert into blob_sender (sha256, uid, sent_at) values (:sha256, :uid, :now)
on conflict (sha256, uid) do update set sent_at = excluded.sent_at;

-- name: forget_senders
delete from blob_sender where sent_at < :before;
