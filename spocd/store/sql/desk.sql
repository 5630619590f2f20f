-- name: found_desk
insert into desk (one, instance, secret_fingerprint, created_at) values (1, :instance, :secret_fingerprint, :now);

-- name: desk
select instance, secret_fingerprint, held_since, created_at from desk where one = 1;

-- name: add_signing_key
insert into signing_key (id, created_at) values (:id, :now);

-- name: signing_keys
select id, created_at from signing_key order by created_at, id;

-- name: drop_signing_key
delete from signing_key where id = :id;

-- name: agent_of_uid
select id, login, name, address, role, uid, created_at from agent where uid = :uid and left_at is null;

-- name: agent_of_login
select id, login, name, address, role, uid, language, tier, digest, quiet, left_at, created_at from agent
 where login = :login;

-- name: add_agent
insert into agent (login, name, address, role, uid, created_at) values (:login, :name, :address, :role, :uid, :now)
returning id;

-- name: node_joins
insert into node (run, host, place, shared, pid, started_at, seen_at)
values (:run, :host, :place, :shared, :pid, :now, :now);

-- name: node_beats
-- Changes nothing where the others took this run for lost: what it had in hand may be theirs.
update node set seen_at = :now where run = :run and lost_at is null;

-- name: node_is_set_up
update node set shared = :shared where run = :run and shared <> :shared;

-- name: node_leaves
delete from node where run = :run;

-- name: nodes
select run, host, place, shared, pid, started_at, seen_at, lost_at, :now - seen_at as silent_for
  from node order by started_at, run;

-- name: drop_earlier_runs
-- Whoever starts holds the lock of its folder, so that no other run of that place lives.
delete from node where place = :place;

-- name: mark_lost_nodes
update node set lost_at = :now where lost_at is null and run <> :run and seen_at < :now - :seconds returning place;

-- name: drop_lost_nodes
delete from node where lost_at < :now - :seconds;

-- name: write_journal
insert into journal (ticket, at, actor, event, detail) values (:ticket, :at, :actor, :event, :detail);

-- name: write_journal_about
insert into journal (at, actor, event, detail, person) values (:at, :actor, :event, :detail, :person);

-- name: ticket_journal
select at, actor, event, detail from journal where ticket = :ticket order by id;

-- name: last_actions
select at, actor, event, detail from journal where ticket = :ticket order by id desc limit :most;

-- name: refused_tokens_since
select count(*) as n from journal where event = 'token refused' and at > :since;

-- name: stored_answer
select parameters, result from request_key where operation = :operation and key = :key;

-- name: store_answer
insert into request_key (operation, key, parameters, result, ticket, created_at)
values (:operation, :key, :parameters, :result, :ticket, :now);

-- name: drop_old_answers
delete from request_key where created_at < :before;
