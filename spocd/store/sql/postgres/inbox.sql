-- name: hold_delivery
-- The lock ends with the transaction. Read committed lets the statement after this one see what the other has committed.
select pg_advisory_xact_lock(hashtextextended(:transport_key, 0));
