-- name: agent_to_tell
select id, login, name, address, language, digest, quiet from agent where id = :id and left_at is null;
