"""Practice mode: the simulators and the catalogues they start with."""
