-- name: services_of_tickets
-- JSON is how a list is bound.
select t.number, t.service
  from json_array_elements_text(cast(cast(:numbers as text) as json)) j (value) join ticket t on t.number = cast(j.value as bigint)
 where t.service is not null;
