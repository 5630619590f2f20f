-- name: services_of_tickets
-- JSON is how a list is bound.
select t.number, t.service from json_each(:numbers) j join ticket t on t.number = j.value where t.service is not null;
