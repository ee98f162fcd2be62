-- Which key goes with this database: a MAC of a constant, so that another key is noticed. The key itself is not here.
ALTER TABLE meta ADD COLUMN key_mark BYTEA CHECK (octet_length(key_mark) = 32);
