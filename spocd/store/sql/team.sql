-- name: teams
select key, name, address from team order by key;

-- name: team_members
select m.team, g.login from team_member m join agent g on g.id = m.agent where g.left_at is null
 order by m.team, g.login;

-- name: put_team
insert into team (key, name, address, created_at) values (:key, :name, :address, :now)
on conflict (key) do update set name = :name, address = :address;

-- name: drop_members
delete from team_member where team = :key;

-- name: add_member
insert into team_member (team, agent) select :key, id from agent where login = :login;

-- name: drop_team
delete from team where key = :key;

-- name: last_ticket_of_team
select number from ticket where team = :key order by number desc limit 1;
