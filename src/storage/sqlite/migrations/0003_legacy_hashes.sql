-- bcrypt hashes of people who came from elsewhere, until they sign in: counted by cost without a look at the others.
CREATE INDEX identity_legacy ON identity (substr(password, 5, 2)) WHERE substr(password, 1, 2) = '$2';

CREATE INDEX identity_without_password ON identity (id) WHERE password IS NULL;
