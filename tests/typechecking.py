"""How shapes and types in signatures are checked while the tests run: jaxtyping's shapes, beartype's types."""

from beartype import BeartypeConf, beartype

# The numeric tower: an int is welcome where a float is asked for, as everywhere in Python.
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
