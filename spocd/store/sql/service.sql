-- name: service
select key, name, description, team, calendar, kind, priority, restricted, facts from service where key = :key;
