-- Start pages ask for news that was read already, too; and all notices for somebody are deleted when they are erased.
CREATE INDEX ON accounts.notices (person, seen, happened_at);
DROP INDEX accounts.notices_person_happened_at_idx;

-- One letter tells all the work that waits for somebody: until it is written, another fact needs no other notice. Of two that wait
-- already, the earlier one stays. When a letter was written, its notice's `write_at` says when that was.
DELETE FROM accounts.notices n USING accounts.notices o
WHERE n.kind = 'work-waits' AND o.kind = 'work-waits' AND NOT n.settled AND NOT o.settled AND n.person = o.person
    AND (o.write_at, o.notice) < (n.write_at, n.notice);
CREATE UNIQUE INDEX ON accounts.notices (person) WHERE kind = 'work-waits' AND NOT settled;
