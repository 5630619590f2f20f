-- name: next_in_queue
-- The fair order: what is promised for a time by that time, the rest by how long it waits; whoever they are and however
-- they came. An agent is offered what their tier, teams and skills allow; without one, it is the head of the queue.
select t.number from ticket t
 where t.assignee is null and t.state in ('new', 'open') and t.waiting_since is not null
   and (cast(:agent as bigint) is null
        or t.tier <= (select g.tier from agent g where g.id = :agent)
           and (t.team is null or exists (select 1 from team_member m where m.team = t.team and m.agent = :agent))
           and not exists (select 1 from service_skill s where s.service = t.service
                              and not exists (select 1 from agent_skill k where k.agent = :agent and k.skill = s.skill)))
 order by coalesce(t.due_at, 9223372036854775807), t.waiting_since, t.number limit 1;

-- name: queue_place
select count(*) as before from ticket
 where assignee is null and state in ('new', 'open') and waiting_since is not null
   and (coalesce(due_at, 9223372036854775807), waiting_since, number) < (:due_at, :waiting_since, :number);
